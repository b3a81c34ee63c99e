"""How much the account keeps."""

from flask import render_template

from flaskr.settings import bp
from flaskr.web.usage import usage_context
from flaskr.web.users import login_required


@bp.get("/usage")
@login_required
def usage() -> str:
    """Show how much the account keeps, and of what."""
    return render_template("settings/usage.html", **usage_context())
