"""Logging in through WeChat: the code of `wx.login` for a token."""

import json
import logging
import re
import time
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import current_app, jsonify, request
from werkzeug.wrappers import Response

from flaskr.api.native import bp
from flaskr.db import db
from flaskr.errors import (
    DomainError,
    TooManyAttemptsError,
    WeChatCodeError,
    WeChatOffError,
    WeChatRefusedError,
    WeChatUnavailableError,
)
from flaskr.library import accounts, tokens
from flaskr.models import now
from flaskr.web.limits import count_wechat_login

log = logging.getLogger(__name__)

TIMEOUT = 5.0
"""Seconds WeChat has for each step, and twice that for all of its answer."""

MAX_ANSWER = 64 * 1024
CODE = re.compile(r"[\x21-\x7e]{1,128}")
OPENID = re.compile(r"[\w-]{1,64}", re.ASCII)
TOKEN_NAME = "WeChat"  # noqa: S105 - what the token is for
TOKENS = 10
"""How many devices of one user stay logged in."""

# What `errcode` says, as far as the user can do something about it.
BAD_CODE = {40029, 40163, 41008}
TOO_OFTEN = 45011
RISKY_USER = 40226


@bp.post("/wechat/login")
def wechat_login() -> Response:
    """Exchange a code for a token of scope `library`; an account is made for a new user."""
    config = current_app.config
    if not (config["WECHAT_APPID"] and config["WECHAT_SECRET"]):
        raise WeChatOffError
    count_wechat_login()
    openid = exchange(sent_code())
    user = accounts.of_wechat(db.session, openid)
    tokens.drop_old(db.session, user, TOKEN_NAME, TOKENS - 1)
    expires = now() + timedelta(days=config["WECHAT_TOKEN_DAYS"])
    made = tokens.create(db.session, user, name=TOKEN_NAME, scope="library", expires=expires)
    db.session.commit()
    return jsonify(
        token=made.secret, scope="library", expires=expires.isoformat(), username=user.username
    )


def sent_code() -> str:
    """Return the code that the request carries as JSON or form. Raises WeChatCodeError."""
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # brackets within brackets within brackets
        raise WeChatCodeError from None
    code = body.get("code") if isinstance(body, dict) else request.form.get("code")
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise WeChatCodeError
    return code


def exchange(code: str) -> str:
    """Ask WeChat whose code this is and return that openid.

    Its session key is of no use here, and goes no further than this function. Raises
    WeChatCodeError, WeChatRefusedError, TooManyAttemptsError, WeChatUnavailableError.
    """
    config = current_app.config
    query = urlencode(
        {
            "appid": config["WECHAT_APPID"],
            "secret": config["WECHAT_SECRET"],
            "js_code": code,
            "grant_type": "authorization_code",
        }
    )
    try:
        told = json.loads(fetch(config["WECHAT_API_URL"], query))
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        log.warning("WeChat gave no answer that can be read: %s", type(error).__name__)
        raise WeChatUnavailableError from None
    if not isinstance(told, dict):
        raise WeChatUnavailableError
    if told.get("errcode"):
        raise explain(told)
    openid = told.get("openid")
    if not isinstance(openid, str) or not OPENID.fullmatch(openid):
        log.warning("WeChat named no openid")
        raise WeChatUnavailableError
    return openid


def explain(told: dict[str, Any]) -> DomainError:
    """Return the error that fits WeChat's; what only the operator can mend is logged."""
    code = told["errcode"]
    if code in BAD_CODE:
        return WeChatCodeError()
    if code == TOO_OFTEN:
        return TooManyAttemptsError(minutes=1, seconds=60)
    if code == RISKY_USER:
        return WeChatRefusedError()
    log.error("WeChat refused: errcode %r, errmsg %.200r", code, told.get("errmsg"))
    return WeChatUnavailableError()


def fetch(address: str, query: str) -> bytes:
    """Return the body of a 200 answer; no redirect is followed, no proxy is used.

    Raises OSError, HTTPException, or ValueError for an answer of another kind.
    """
    parts = urlsplit(address)
    kind = HTTPConnection if parts.scheme == "http" else HTTPSConnection
    until = time.monotonic() + 2 * TIMEOUT
    with closing(kind(parts.hostname or "", parts.port, timeout=TIMEOUT)) as connection:
        connection.request("GET", f"{parts.path or '/'}?{query}")
        response = connection.getresponse()
        if response.status != 200:
            raise ValueError("not the answer that was asked for")
        body = b""
        while piece := response.read1(MAX_ANSWER):
            body += piece
            if len(body) > MAX_ANSWER or time.monotonic() > until:
                raise ValueError("the answer has no end")
    return body
