"""The pages for tokens: made, shown once, revoked; and the pages that set up apps with them."""

import json
import re
from datetime import timedelta
from io import BytesIO

import pytest

from flaskr.library import tokens
from flaskr.library.client_files import CLIENTS
from flaskr.library.keys import SECRET_PATTERN
from flaskr.models import Token, now
from flaskr.settings.clients import PLACEHOLDER
from tests.browsing import AuthActions, Browser, query, text
from tests.factories import count_rows, make_token, png

SECRET = re.compile(rf"\b{SECRET_PATTERN.pattern}\b")


def make(browser, **fields):
    """Make a token; return the page that one is led to, or that with what is wrong."""
    said = {"name": "laptop", "scope": "upload", **fields}
    return browser.submit("/settings/tokens", said, follow_redirects=True)


def set_up(browser, slug):
    """Have a token made and filled in."""
    return browser.submit(f"/settings/clients/{slug}", follow_redirects=True)


def shown(answer) -> str:
    """The token that the page shows."""
    (field,) = query(answer, "#fresh ~ .link input")
    return str(field.attrs["value"])


def test_a_token_is_made_shown_once_and_good(owner, app, session):
    answer = make(owner, days="0")
    assert answer.status_code == 200
    secret = shown(answer)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert tokens.redeem(session, secret, "upload").name == "laptop"
    session.commit()
    page = owner.get("/settings/tokens")
    assert secret not in page.text
    assert "laptop" in text(page)


@pytest.mark.parametrize("path", ["/settings/tokens", "/settings/clients/curl"])
def test_loading_the_page_again_makes_no_second_token(owner, session, path):
    answer = owner.submit(path, {"name": "laptop", "scope": "upload", "days": "0"})
    assert (answer.status_code, answer.location) == (303, path)
    # Another page between does not swallow it.
    assert not SECRET.search(owner.get("/settings/clients/picgo").text)
    (secret,) = set(SECRET.findall(owner.get(path).text))
    tokens.redeem(session, secret, "upload")  # which raises if it is none
    session.commit()
    assert secret not in owner.get(path).text
    assert count_rows(session, Token) == 1


@pytest.mark.parametrize("name", ["", " "])
def test_a_token_has_to_have_a_name(owner, session, name):
    answer = make(owner, name=name)
    assert "Give it a name" in query(answer, "#name-error")[0].to_text()
    assert count_rows(session, Token) == 0


@pytest.mark.parametrize("scope", ["upload", "library", "admin"])
def test_it_has_the_scope_and_the_days_that_were_chosen(owner, session, scope):
    make(owner, scope=scope, days="30")
    (token,) = session.query(Token)
    assert token.scope == scope
    assert timedelta(days=29) < token.expires - now() < timedelta(days=31)


@pytest.mark.parametrize("wrong", [{"scope": "root"}, {"days": "-1"}, {"days": "x"}, {"scope": ""}])
def test_what_cannot_be_chosen_makes_nothing(owner, session, wrong):
    assert make(owner, **wrong).status_code == 200
    assert count_rows(session, Token) == 0


def test_what_is_wrong_stands_beside_the_name(owner, session, monkeypatch):
    answer = make(owner, name="n" * 101)
    assert answer.status_code == 422
    assert "at most 100 characters" in query(answer, "#name-error")[0].to_text()
    monkeypatch.setattr(tokens, "MOST", 0)
    assert "You have 0 tokens" in query(make(owner), "#name-error")[0].to_text()
    assert count_rows(session, Token) == 0


def test_an_expired_token_is_told(owner, ada, session):
    make_token(session, ada, expires=now() - timedelta(days=1))
    assert query(owner.get("/settings/tokens"), ".badge--over")


def test_a_revoked_token_opens_nothing(owner, app, session):
    secret = shown(make(owner, scope="library"))
    headers = {"Authorization": f"Bearer {secret}"}
    program = Browser(app)
    assert program.get("/service/image?md5=" + "0" * 32, headers=headers).status_code == 404
    (token,) = session.query(Token)
    path = f"/settings/tokens/{token.id}/revoke"
    assert "laptop" in text(owner.get(path))
    assert owner.submit(path).status_code == 303
    assert program.get("/service/image?md5=" + "0" * 32, headers=headers).status_code == 401
    assert owner.submit(path).status_code == 404


# ---- apps -----------------------------------------------------------------------------------


def test_every_app_has_its_page(owner):
    listed = owner.get("/settings/clients")
    for slug, client in CLIENTS.items():
        assert f"/settings/clients/{slug}" in listed.text
        page = owner.get(f"/settings/clients/{slug}")
        assert page.status_code == 200
        assert client.name in text(page)
        assert PLACEHOLDER in page.text
        assert not query(page, "[data-send]")
    assert owner.get("/settings/clients/nothing").status_code == 404


@pytest.mark.parametrize("slug", CLIENTS)
def test_a_fresh_token_is_filled_in_everywhere(owner, session, slug):
    page = set_up(owner, slug)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "private, no-store"
    assert PLACEHOLDER not in page.text
    (token,) = session.query(Token)
    assert (token.name, token.scope) == (CLIENTS[slug].name, CLIENTS[slug].scope)
    sample = json.loads(query(page, "[data-trial]")[0].attrs["data-sample"])
    (secret,) = set(SECRET.findall(str(sample)))
    assert tokens.redeem(session, secret, token.scope).id == token.id
    assert secret not in owner.get(f"/settings/clients/{slug}").text


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("sharex", "localhost.sxcu"),
        ("picgo", "config.json"),
        ("typora", "tuchuang-upload.sh"),
        ("flameshot", "tuchuang-screenshot.sh"),
    ],
)
def test_files_come_with_the_token_that_the_page_holds(owner, slug, name):
    secret = "1" * 22
    path = f"/settings/clients/{slug}/files/{name}"
    answer = owner.submit(path, {"token": secret})
    assert answer.status_code == 200
    assert secret in answer.text
    assert f'attachment; filename="{name}"' in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for none in ("", "$(rm -rf ~)", "'; echo 1", "1" * 21 + "\n"):
        assert PLACEHOLDER in owner.submit(path, {"token": none}).text
    assert owner.submit(f"/settings/clients/{slug}/files/other").status_code == 404


def test_addresses_are_those_of_the_public_url(make_app, ada):
    browser = Browser(make_app(PUBLIC_URL="https://img.example.org/"))
    AuthActions(browser).login("ada")
    page = browser.get("/settings/clients/obsidian")
    assert f"https://img.example.org/upload?key={PLACEHOLDER}" in page.text
    file = browser.submit("/settings/clients/sharex/files/img.example.org.sxcu")
    address = json.loads(file.text)["RequestURL"]
    assert address.partition("?")[0] == "https://img.example.org/api/images"


def test_a_token_of_the_upload_scope_cannot_delete(owner, app, session, media):
    page = set_up(owner, "curl")
    sample = json.loads(query(page, "[data-trial]")[0].attrs["data-sample"])
    program = Browser(app)
    data = {"file": (BytesIO(png(number=99)), "a.png")}
    sent = program.post(sample["path"], data=data, headers=sample["headers"])
    assert sent.status_code == 201
    gone = program.delete(
        f"/service/image?md5={json.loads(sent.text)['md5']}", headers=sample["headers"]
    )
    assert gone.status_code == 403
