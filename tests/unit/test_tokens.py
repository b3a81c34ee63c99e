"""API tokens: made, listed, used, revoked, and over one day."""

from datetime import timedelta

import pytest

from flaskr.errors import (
    InvalidTokenError,
    NotFoundError,
    ScopeError,
    TextTooLongError,
    TokenExpiryError,
    TooManyTokensError,
)
from flaskr.library import tokens
from flaskr.library.tokens import LAST_USED_STEP, NAME_LENGTH, SCOPES
from flaskr.models import Token, now
from tests.factories import count_rows, make_token


def test_only_the_hash_is_kept(session, ada):
    made = tokens.create(session, ada, name="laptop")
    session.commit()
    (row,) = session.query(Token)
    held = [str(getattr(row, column.name)) for column in Token.__table__.columns]
    assert all(made.secret not in text for text in held)
    assert len(made.secret) >= 22


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_reaches_as_far_as_its_scope(session, ada, scope):
    secret = make_token(session, ada, scope)
    reach = SCOPES.index(scope) + 1
    for asked in SCOPES[:reach]:
        assert tokens.redeem(session, secret, asked).scope == scope
    for asked in SCOPES[reach:]:
        with pytest.raises(ScopeError, match=asked):
            tokens.redeem(session, secret, asked)


def test_a_token_is_over_once_it_expires(session, ada):
    secret = tokens.create(session, ada, expires=now() + timedelta(days=1)).secret
    session.commit()
    assert tokens.redeem(session, secret, "upload").user_id == ada.id
    session.commit()
    gone = make_token(session, ada, expires=now() - timedelta(seconds=1))
    for wrong in (gone, secret[:-1], "", "x" * 5000, "密" * 30):
        with pytest.raises(InvalidTokenError):
            tokens.redeem(session, wrong, "upload")


def test_its_last_use_is_written_once_a_minute_at_most(session, ada):
    secret = make_token(session, ada)
    token = tokens.redeem(session, secret, "upload")
    tokens.note_use(session, token)
    first = token.last_used
    assert first is not None
    tokens.note_use(session, token)
    assert token.last_used == first
    token.last_used = first - LAST_USED_STEP - timedelta(seconds=1)
    session.commit()
    tokens.note_use(session, token)
    again = token.last_used
    assert again is not None
    assert again > first
    assert timedelta(minutes=1) >= LAST_USED_STEP


def test_the_list_has_ones_own_newest_first(session, ada, bob):
    for name in ("first", "second"):
        tokens.create(session, ada, name=name)
    tokens.create(session, bob, name="bob's")
    session.commit()
    assert [token.name for token in tokens.list_own(session, ada)] == ["second", "first"]


def test_a_revoked_token_is_good_for_nothing(session, ada):
    made = tokens.create(session, ada)
    session.commit()
    tokens.revoke(session, ada, made.token.id)
    session.commit()
    with pytest.raises(InvalidTokenError):
        tokens.redeem(session, made.secret, "upload")


def test_nobody_revokes_somebody_elses(session, ada, bob):
    made = tokens.create(session, ada)
    session.commit()
    for token_id in (made.token.id, 10**9, 10**30):
        with pytest.raises(NotFoundError):
            tokens.revoke(session, bob, token_id)
    session.rollback()
    assert count_rows(session, Token) == 1


def test_what_cannot_be_made_is_refused(session, ada, monkeypatch):
    with pytest.raises(TextTooLongError):
        tokens.create(session, ada, name="n" * (NAME_LENGTH + 1))
    with pytest.raises(TokenExpiryError):
        tokens.create(session, ada, expires=now() - timedelta(days=1))
    with pytest.raises(ValueError, match="scope"):
        tokens.create(session, ada, scope="everything")
    monkeypatch.setattr(tokens, "MOST", 2)
    tokens.create(session, ada)
    tokens.create(session, ada)
    with pytest.raises(TooManyTokensError):
        tokens.create(session, ada)
