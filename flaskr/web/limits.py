"""How often somebody may try."""

from ipaddress import IPv6Address, ip_address
from math import ceil
from time import time

from flask import Flask, current_app, request
from flask_limiter import Limiter
from limits import RateLimitItem, parse

from flaskr.errors import TooManyAttemptsError
from flaskr.web import limits_store

LOGIN_PER_ACCOUNT = parse("10 per 15 minutes")
LOGIN_PER_ADDRESS = parse("25 per 5 minutes")
WECHAT_PER_ADDRESS = parse("30 per 5 minutes")
GUEST_UPLOADS_PER_ADDRESS = parse("200 per hour")
GUEST_DELETES_PER_ADDRESS = parse("60 per hour")


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
    limiter.init_app(app)


def count_login(account_key: str) -> None:
    """Count an attempt to log in. Raises TooManyAttemptsError when there were too many.

    Attempts count whether they succeed or not, and whether the account exists or not.
    """
    count(LOGIN_PER_ADDRESS, "login-address", client_address())
    count(LOGIN_PER_ACCOUNT, "login-account", account_key)


def count_password_check(account_key: str) -> None:
    """Count an attempt to name the current password. Raises TooManyAttemptsError."""
    count(LOGIN_PER_ACCOUNT, "password", account_key)


def count_wechat_login() -> None:
    """Count a log-in through WeChat. Raises TooManyAttemptsError."""
    count(WECHAT_PER_ADDRESS, "wechat-address", client_address())


def count_guest_upload() -> None:
    """Count an upload without a token. Raises TooManyAttemptsError."""
    count(GUEST_UPLOADS_PER_ADDRESS, "guest-upload", client_address())


def count_guest_deletion() -> None:
    """Count a deletion without a token. Raises TooManyAttemptsError."""
    count(GUEST_DELETES_PER_ADDRESS, "guest-delete", client_address())


def count(limit: RateLimitItem, *identifiers: str) -> None:
    """Count one event against `limit`. Raises TooManyAttemptsError once it is used up."""
    if not current_app.config["RATE_LIMITS"]:
        return
    if not limiter.limiter.hit(limit, *identifiers):
        reset, _ = limiter.limiter.get_window_stats(limit, *identifiers)
        seconds = max(1, ceil(reset - time()))
        raise TooManyAttemptsError(minutes=ceil(seconds / 60), seconds=seconds)
