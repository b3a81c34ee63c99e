"""Signed links, by which a private picture can be shown elsewhere for a time."""

from datetime import timedelta

from flask import render_template, request
from flask_babel import ngettext

from flaskr.db import db
from flaskr.library import direct_links, images
from flaskr.models import now
from flaskr.tuchuang import bp
from flaskr.tuchuang.files import link_keys
from flaskr.web.links import absolute, image_card
from flaskr.web.users import account, login_required

SPANS = (1, 7, 30, 365)
"""For how many days a link can be made."""


@bp.get("/images/<key:key>/signed")
@login_required
def signed_link(key: str) -> str:
    """Show a link that opens for everybody for as many days as are asked for."""
    own = images.find_own(db.session, account(), key)
    card = image_card(own)
    asked = request.args.get("days", "")
    days = int(asked) if asked in map(str, SPANS) else SPANS[1]
    at = now()
    query = direct_links.sign(link_keys(), key, days, at)
    return render_template(
        "tuchuang/signed.html",
        image=card,
        days=days,
        until=at + timedelta(days=days),
        spans=[(each, ngettext("%(num)s day", "%(num)s days", each)) for each in SPANS],
        link=f"{absolute(card.shown)}?{query}",
    )
