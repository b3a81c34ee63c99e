"""Setting up programs that send pictures: steps, texts and files, with a fresh token in them."""

from dataclasses import asdict

from flask import current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import NotFoundError
from flaskr.library import tokens
from flaskr.library.client_files import CLIENTS, Client, Host, Setup
from flaskr.library.keys import is_secret
from flaskr.settings import bp, once
from flaskr.web.links import absolute, attachment_header
from flaskr.web.users import account, login_required

PLACEHOLDER = "YOUR-TOKEN"
"""What stands in texts and files until there is a token."""


@bp.get("/clients")
@login_required
def clients() -> str:
    """List the programs that are known."""
    return render_template("settings/clients.html", clients=CLIENTS.values())


@bp.route("/clients/<slug>", methods=("GET", "POST"))
@login_required
def client(slug: str) -> str | Response:
    """Say how to set up one program; a POST makes a token, with which it is said once."""
    known = find(slug)
    if request.method != "POST":
        return render(known, once.take())
    made = tokens.create(db.session, account(), name=known.name, scope=known.scope)
    db.session.commit()
    once.hold(made.secret)
    return redirect(url_for(".client", slug=slug), 303)


@bp.post("/clients/<slug>/files/<name>")
@login_required
def client_file(slug: str, name: str) -> Response:
    """Send one of the program's files, with the token that the form carries."""
    token = request.form.get("token", "")
    setup = make(find(slug), token if is_secret(token) else PLACEHOLDER)
    for file in setup.files:
        if file.name == name:
            response = make_response(file.text)
            response.content_type = f"{file.type}; charset=utf-8"
            response.headers["Content-Disposition"] = attachment_header(name)
            return response
    raise NotFoundError


def find(slug: str) -> Client:
    """Return a program. Raises NotFoundError."""
    if slug not in CLIENTS:
        raise NotFoundError
    return CLIENTS[slug]


def make(known: Client, token: str) -> Setup:
    """Return what sets the program up for the account that asks."""
    config = current_app.config
    host = Host(absolute(""), config["SITE_NAME"], token, account().username)
    return known.make(host)


def render(known: Client, token: str | None) -> str:
    setup = make(known, token or PLACEHOLDER)
    sample = asdict(setup.sample)
    return render_template(
        "settings/client.html", client=known, setup=setup, sample=sample, token=token
    )
