"""How often somebody may try."""

import sqlite3
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import time

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.errors import ConfigurationError as UnusableStoreError
from limits.errors import StorageError

from flaskr.config import ConfigurationError
from flaskr.errors import TooManyAttemptsError, TooManyRequestsError
from flaskr.web import limits_store

LOGIN_PER_ACCOUNT = parse("10 per 15 minutes")
LOGIN_PER_ADDRESS = parse("25 per 5 minutes")
WECHAT_PER_ADDRESS = parse("30 per 5 minutes")
FETCHES_PER_ACCOUNT = parse("200 per hour")
MOVES_PER_ACCOUNT = parse("60 per hour")
MOVED_PICTURES_PER_ACCOUNT = parse("5000 per hour")
GUEST_UPLOADS_PER_ADDRESS = parse("200 per hour")
GUEST_DELETES_PER_ADDRESS = parse("60 per hour")
DROPS_PER_ADDRESS = parse("1000 per hour")
LINK_PASSWORDS_PER_ADDRESS = parse("10 per 15 minutes")
LINK_PASSWORDS_PER_LINK = parse("100 per hour")
BAD_FORMS_PER_ADDRESS = parse("30 per 5 minutes")


def client_address() -> str:
    """Return who is counted: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


limiter = Limiter(client_address, strategy="fixed-window")


def init_app(app: Flask) -> None:
    app.config["RATELIMIT_ENABLED"] = app.config["RATE_LIMITS"]
    app.config["RATELIMIT_STORAGE_URI"] = app.config["RATE_LIMIT_STORE"] or limits_store.address(
        app.instance_path
    )
    # Whatever fails in a store elsewhere, web.errors is told one kind of error.
    elsewhere = bool(app.config["RATE_LIMIT_STORE"])
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"wrap_exceptions": elsewhere}
    app.after_request(tell_rest)
    try:
        limiter.init_app(app)
    except (UnusableStoreError, ImportError, ValueError) as error:
        store = app.config["RATE_LIMIT_STORE"]
        cause = str(error).replace(store, store.partition(":")[0])  # it may hold a password
        raise ConfigurationError(
            f"TUCHUANG_RATE_LIMIT_STORE names no store that can be used: {cause}. "
            "Redis needs the extra `redis`."
        ) from error


def check_login(account_key: str) -> None:
    """Raise TooManyAttemptsError where too many attempts to log in have failed.

    They count for the account, whether it exists or not, and for the address.
    """
    check(LOGIN_PER_ADDRESS, "login-address", client_address())
    check(LOGIN_PER_ACCOUNT, "login-account", account_key)


def count_failed_login(account_key: str) -> None:
    """Count an attempt to log in that failed; those who succeed use nothing up."""
    count(LOGIN_PER_ADDRESS, "login-address", client_address())
    count(LOGIN_PER_ACCOUNT, "login-account", account_key)


def count_password_check(account_key: str) -> None:
    """Count an attempt to name the current password. Raises TooManyAttemptsError."""
    check(LOGIN_PER_ACCOUNT, "password", account_key)
    count(LOGIN_PER_ACCOUNT, "password", account_key)


def count_wechat_login() -> None:
    """Count a log-in through WeChat. Raises TooManyAttemptsError."""
    spend(WECHAT_PER_ADDRESS, "wechat-address", client_address())


def count_fetch(account_key: str) -> None:
    """Count a picture fetched from elsewhere. Raises TooManyAttemptsError."""
    spend(FETCHES_PER_ACCOUNT, "fetch", account_key)


def count_move(account_key: str) -> None:
    """Count Markdown sent to be moved. Raises TooManyAttemptsError."""
    spend(MOVES_PER_ACCOUNT, "move", account_key)


def count_moved_picture(account_key: str) -> None:
    """Count a picture fetched because a text shows it. Raises TooManyAttemptsError."""
    spend(MOVED_PICTURES_PER_ACCOUNT, "moved-picture", account_key)


def count_guest_upload() -> None:
    """Count an upload without a token. Raises TooManyAttemptsError."""
    spend(GUEST_UPLOADS_PER_ADDRESS, "guest-upload", client_address())


def count_guest_deletion() -> None:
    """Count a deletion without a token. Raises TooManyAttemptsError."""
    spend(GUEST_DELETES_PER_ADDRESS, "guest-delete", client_address())


def count_drop() -> None:
    """Count a picture sent to a drop box. Raises TooManyAttemptsError."""
    spend(DROPS_PER_ADDRESS, "drop", client_address())


def check_link_password(link_key: str) -> None:
    """Raise TooManyAttemptsError where too many passwords for a link were wrong.

    They count for the address that they came from, and for all together.
    """
    check(LINK_PASSWORDS_PER_LINK, "link", link_key)
    check(LINK_PASSWORDS_PER_ADDRESS, "link-address", link_key, client_address())


def count_wrong_link_password(link_key: str) -> None:
    """Count a wrong password for a link."""
    count(LINK_PASSWORDS_PER_LINK, "link", link_key)
    count(LINK_PASSWORDS_PER_ADDRESS, "link-address", link_key, client_address())


def count_request(token_id: int) -> None:
    """Count a request with this token. Raises TooManyRequestsError.

    What cannot be counted is let through: the token is good, and reading has to go on.
    """
    most = current_app.config["TOKEN_REQUESTS"]
    if not (most and current_app.config["RATE_LIMITS"]):
        return
    limit = RateLimitItemPerMinute(most)
    try:
        allowed = limiter.limiter.hit(limit, "token", str(token_id))
        reset, rest = limiter.limiter.get_window_stats(limit, "token", str(token_id))
    except (StorageError, sqlite3.Error):
        current_app.logger.warning("a request was not counted", exc_info=True)
        return
    g.rate = {
        "X-RateLimit-Limit": str(most),
        "X-RateLimit-Remaining": str(rest),
        "X-RateLimit-Reset": str(ceil(reset)),
    }
    if not allowed:
        raise TooManyRequestsError(seconds=max(1, ceil(reset - time())))


def tell_rest(response: Response) -> Response:
    """Tell the holder of a token how many requests are left, and when they are all there again."""
    response.headers.update(g.get("rate", {}))
    return response


def count_form() -> None:
    """Count a form before it is read to find a token in it. Raises TooManyAttemptsError.

    With it comes its picture, before anybody knows whose it is; so it counts from the start, and
    whatever becomes of it, unless `forget_form` says that it was a good one.
    """
    spend(BAD_FORMS_PER_ADDRESS, "bad-form", client_address())


def forget_form() -> None:
    """Count a form no longer: somebody is known to have sent it."""
    if current_app.config["RATE_LIMITS"]:
        limiter.limiter.hit(BAD_FORMS_PER_ADDRESS, "bad-form", client_address(), cost=-1)


def check(limit: RateLimitItem, *identifiers: str) -> None:
    """Raise TooManyAttemptsError if `limit` is used up."""
    if not current_app.config["RATE_LIMITS"] or limiter.limiter.test(limit, *identifiers):
        return
    reset, _ = limiter.limiter.get_window_stats(limit, *identifiers)
    seconds = max(1, ceil(reset - time()))
    raise TooManyAttemptsError(minutes=ceil(seconds / 60), seconds=seconds)


def count(limit: RateLimitItem, *identifiers: str) -> None:
    """Count one event against `limit`."""
    if current_app.config["RATE_LIMITS"]:
        limiter.limiter.hit(limit, *identifiers)


def spend(limit: RateLimitItem, *identifiers: str) -> None:
    """Count one event against `limit`. Raises TooManyAttemptsError once it is used up."""
    if current_app.config["RATE_LIMITS"] and not limiter.limiter.hit(limit, *identifiers):
        check(limit, *identifiers)
