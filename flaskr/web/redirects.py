"""Going back to where somebody came from, and nowhere else."""

from urllib.parse import urlsplit

from flask import redirect, request, url_for
from werkzeug.wrappers import Response


def is_local(target: str) -> bool:
    r"""Tell whether `target` is a path on this site.

    Browsers read a backslash as a slash and drop tabs and line ends, so `/\\evil.example` and its
    like lead elsewhere.
    """
    if not target.startswith("/") or target.startswith("//"):
        return False
    if "\\" in target or any(ord(character) < 0x20 for character in target):
        return False
    parts = urlsplit(target)
    return not parts.scheme and not parts.netloc


def asked_return() -> str:
    """Return where the page or form says to go back to, if that is on this site, else nothing."""
    target = request.values.get("next", "")
    return target if is_local(target) else ""


def back_to(target: str | None, otherwise: str) -> Response:
    """Redirect to `target` if it is on this site, else to `otherwise`."""
    return redirect(target if target and is_local(target) else otherwise, 303)


def redirect_to_login() -> Response:
    """Redirect to the log-in page, which leads back here afterwards."""
    here = request.full_path.removesuffix("?") if request.method == "GET" else request.path
    return redirect(url_for("auth.login", next=here), 303)
