"""Register, log in, log out, change the password."""

import pytest

from flaskr.errors import InvalidUsernameError, WrongCredentialsError
from flaskr.library import accounts
from flaskr.library.accounts import NAME_KEY_LENGTH
from flaskr.models import User
from tests.browsing import AuthActions, Browser, query, text
from tests.factories import PASSWORD, count_rows, make_token, make_user


def names(session) -> dict[str, bool]:
    session.rollback()
    return {user.username: user.is_admin for user in session.query(User)}


def is_logged_in(browser: Browser) -> bool:
    return bool(browser.get("/auth/password").status_code == 200)


# ---- register -------------------------------------------------------------------------------


def test_the_first_account_becomes_the_admin_and_is_logged_in(client, auth, session):
    assert client.get("/auth/register").status_code == 200
    answer = auth.register("ada")
    assert (answer.status_code, answer.location) == (303, "/tuchuang/")
    assert names(session) == {"ada": True}
    assert is_logged_in(client)


def test_after_the_first_account_registration_is_closed(auth, guest, ada, session):
    assert guest.get("/auth/register").status_code == 403
    answer = AuthActions(guest).register("eve")
    assert answer.status_code == 403
    assert "Registration is closed" in text(answer)
    assert names(session) == {"ada": False}


def test_open_registration_takes_everybody_as_a_plain_account(make_app, session, ada):
    browser = Browser(make_app(REGISTRATION="open"))
    assert AuthActions(browser).register("bob").status_code == 303
    assert names(session)["bob"] is False


def test_closed_registration_refuses_even_the_first(make_app, session):
    browser = Browser(make_app(REGISTRATION="closed"))
    assert browser.get("/auth/register").status_code == 403
    assert AuthActions(browser).register("eve").status_code == 403
    assert count_rows(session, User) == 0


def test_pages_offer_to_register_only_while_that_is_possible(client, session):
    assert query(client.get("/"), "a[href='/auth/register']")
    make_user(session)
    assert not query(client.get("/"), "a[href='/auth/register']")
    assert not query(client.get("/auth/login"), "a[href='/auth/register']")


@pytest.mark.parametrize(
    ("username", "password", "status", "message"),
    [
        ("", PASSWORD, 200, "Fill in this field."),
        ("ada", "", 200, "Fill in this field."),
        ("a b", PASSWORD, 422, "1 to 40 letters"),
        ("a" * 41, PASSWORD, 422, "1 to 40 letters"),
        ("ﷺ", PASSWORD, 422, "1 to 40 letters"),
        ("ﷺ" * 40, PASSWORD, 422, "1 to 40 letters"),
        ("ΐ" * 40 + "ΐ", PASSWORD, 422, "1 to 40 letters"),
        ("㍿㌖" * 20, PASSWORD, 422, "1 to 40 letters"),
        ("<script>", PASSWORD, 422, "1 to 40 letters"),
        ("ada", "short", 422, "8 to 200 characters"),
        ("ada", "x" * 201, 422, "8 to 200 characters"),
    ],
)
def test_what_cannot_be_an_account_is_refused_beside_its_field(
    auth, session, username, password, status, message
):
    answer = auth.register(username, password)
    assert answer.status_code == status
    assert message in " ".join(element.to_text() for element in query(answer, ".field-error"))
    assert count_rows(session, User) == 0


@pytest.mark.parametrize("name", ["ada", "ADA", "Ａda", " ada "])
def test_a_name_that_looks_the_same_is_taken(make_app, ada, session, name):
    answer = AuthActions(Browser(make_app(REGISTRATION="open"))).register(name)
    assert answer.status_code == 409
    assert count_rows(session, User) == 1


@pytest.mark.parametrize("name", ["小明", "İrem", "Straße", "ΐ" * 40, "ﬃ" * 40])
def test_a_name_may_be_in_any_script(auth, session, name):
    assert auth.register(name).status_code == 303
    assert name in names(session)
    assert auth.login(name).status_code == 303


@pytest.mark.parametrize("character", "ßİΐᾀﬃ㎏")
def test_a_name_as_it_is_compared_fits_its_column(character):
    try:
        chosen = accounts.check_credentials(character * 40, PASSWORD)
    except InvalidUsernameError:
        return
    assert len(chosen.name_key) <= NAME_KEY_LENGTH


def test_the_column_of_compared_names_is_as_long_as_they_may_be():
    assert repr(User.__table__.c.name_key.type) == f"String(length={NAME_KEY_LENGTH})"


def test_passwords_are_hashed_before_anybody_has_to_wait(session, monkeypatch):
    class Looking:
        def hash(self, given: str) -> str:
            assert not session.in_transaction()
            return given

    monkeypatch.setattr(accounts, "_hasher", Looking())
    assert accounts.register(session, "ada", PASSWORD, "first").is_admin


# ---- log in and out -------------------------------------------------------------------------


def test_log_in_and_out(client, auth, ada):
    assert client.get("/auth/login").status_code == 200
    answer = auth.login()
    assert (answer.status_code, answer.location) == (303, "/tuchuang/")
    assert is_logged_in(client)
    assert auth.logout().status_code == 303
    assert not is_logged_in(client)


def test_a_name_is_found_however_it_is_written(client, auth, ada):
    assert auth.login(" ADA ").status_code == 303


def test_log_out_needs_a_post(owner):
    assert owner.get("/auth/logout").status_code == 405
    assert is_logged_in(owner)


def without_tokens(answer) -> str:
    """The page less what differs each time it is shown."""
    tokens = {element.attrs["value"] for element in query(answer, "input[name=csrf_token]")}
    tokens |= {element.attrs["content"] for element in query(answer, "meta[name=csrf-token]")}
    page = answer.text
    for token in tokens:
        page = page.replace(token, "")
    return str(page)


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(auth, ada):
    wrong = auth.login("ada", "not the password")
    unknown = auth.login("eve", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert "User name or password is wrong" in text(wrong)
    assert without_tokens(wrong) == without_tokens(unknown).replace('"eve"', '"ada"')


@pytest.mark.parametrize("username", ["ada", "eve", "", "x" * 5000])
@pytest.mark.parametrize("password", ["not the password", "short", "x" * 5000])
def test_every_failed_attempt_verifies_exactly_one_hash(
    session, ada, monkeypatch, username, password
):
    accounts._decoy_hash()
    counted: list[str] = []
    verify, make = accounts._hasher.verify, accounts._hasher.hash

    class Counting:
        def verify(self, stored: str, given: str) -> bool:
            counted.append("verify")
            return verify(stored, given)

        def hash(self, given: str) -> str:
            counted.append("hash")
            return make(given)

    monkeypatch.setattr(accounts, "_hasher", Counting())
    with pytest.raises(WrongCredentialsError):
        accounts.authenticate(session, username, password)
    assert counted == ["verify"]


def test_passwords_are_hashed_with_argon2id_at_owasp_strength(real_hasher, session, monkeypatch):
    monkeypatch.setattr(accounts, "_hasher", real_hasher)
    user = make_user(session)
    assert user.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in user.password_hash
    assert accounts.authenticate(session, "ada", PASSWORD).id == user.id


def test_an_old_hash_is_renewed_at_log_in(real_hasher, session, auth, ada, monkeypatch):
    assert "m=8," in ada.password_hash
    monkeypatch.setattr(accounts, "_hasher", real_hasher)
    assert auth.login().status_code == 303
    session.expire_all()
    assert "m=19456," in ada.password_hash
    assert auth.login().status_code == 303


# ---- sessions -------------------------------------------------------------------------------


def copy_of(browser: Browser) -> Browser:
    """Another browser that was given the same cookie."""
    cookie = browser.get_cookie("session")
    assert cookie is not None
    thief = Browser(browser.application)
    thief.set_cookie("session", cookie.value)
    return thief


def test_a_cookie_kept_from_before_the_log_out_is_worth_nothing(owner, auth):
    thief = copy_of(owner)
    assert is_logged_in(thief)
    auth.logout()
    answer = thief.get("/auth/password")
    assert answer.location == "/auth/login?next=/auth/password"


def change_password(browser: Browser, current: str = PASSWORD, new: str = "another password"):
    data = {"current_password": current, "new_password": new}
    return browser.submit("/auth/password", data, page="/auth/password")


def test_a_new_password_ends_other_sessions_and_keeps_this_one(owner, guest):
    AuthActions(guest).login()
    thief = copy_of(owner)
    assert change_password(owner).status_code == 303
    assert is_logged_in(owner)
    assert not is_logged_in(guest)
    assert not is_logged_in(thief)


def test_a_new_password_ends_tokens_that_clients_got_for_the_old_one(owner, guest, session, ada):
    got = guest.post("/api/v1/tokens", data={"email": "ada", "password": PASSWORD})
    also = guest.post("/api/v2/token", data={"username": "ada", "password": PASSWORD})
    kept = make_token(session, ada)
    changed = change_password(owner)
    assert "Tokens of apps stay good" in owner.get(changed.location).text
    tokens = [got.json["data"]["token"], also.json["data"]["token"], kept]
    asked = [
        guest.get("/api/profile", headers={"Authorization": f"Bearer {each}"}) for each in tokens
    ]
    assert [each.status_code for each in asked] == [401, 401, 200]


def test_after_a_new_password_the_old_one_is_refused(owner, guest):
    change_password(owner)
    assert AuthActions(guest).login().status_code == 401
    assert AuthActions(guest).login(password="another password").status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "message"),
    [
        ("not the password", "another password", "not your current password"),
        (PASSWORD, "short", "8 to 200 characters"),
    ],
)
def test_a_password_is_changed_only_by_who_knows_it_and_to_a_good_one(
    owner, guest, current, new, message
):
    answer = change_password(owner, current, new)
    assert answer.status_code == 422
    assert message in text(answer)
    assert AuthActions(guest).login().status_code == 303


def test_logging_in_starts_a_new_session(client, auth, ada):
    before = client.token()
    auth.login()
    cookie = client.get_cookie("session")
    assert cookie is not None
    answer = client.post("/auth/logout", data={"csrf_token": before})
    assert answer.status_code == 400


def test_a_deleted_account_is_logged_out(owner, ada, session):
    session.delete(ada)
    session.commit()
    assert not is_logged_in(owner)


@pytest.mark.parametrize("value", ["1", "1.x", "x.1", "99.1", ".", "1.1.1", "-1.1", "²." + "1"])
def test_a_session_that_makes_no_sense_is_no_session(client, ada, value):
    with client.session_transaction() as cookie:
        cookie["_user_id"] = value
    assert not is_logged_in(client)


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(client, auth, ada):
    set_cookie = auth.login().headers["Set-Cookie"]
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie
    assert "Secure" not in set_cookie


def test_the_session_cookie_stays_on_https_if_the_site_is_there(make_app, ada):
    browser = Browser(make_app(PUBLIC_URL="https://img.example"))
    answer = browser.get("/auth/login", base_url="https://img.example")
    assert "Secure" in answer.headers["Set-Cookie"]


# ---- where to go afterwards -----------------------------------------------------------------


def test_a_guest_is_sent_to_log_in_and_comes_back(client, auth, ada):
    asked = client.get("/tuchuang/images?before=x")
    assert asked.status_code == 303
    assert asked.location == "/auth/login?next=/tuchuang/images?before%3Dx"
    assert auth.login(path=asked.location).location == "/tuchuang/images?before=x"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/%09/evil.example/",
        "javascript:alert(1)",
        "///evil.example",
        "/%0d%0aLocation:%20https://evil.example",
    ],
)
def test_log_in_never_leads_elsewhere(client, auth, ada, target):
    path = f"/auth/login?next={target}"
    assert auth.login(path=path).location == "/tuchuang/"
    assert client.get(path).location == "/tuchuang/"


def test_who_is_logged_in_passes_the_log_in_page_by(owner):
    assert owner.get("/auth/login?next=/create").location == "/create"


# ---- what a script is told of its session ---------------------------------------------------


def test_a_script_learns_whose_session_it_is_and_its_token(owner):
    answer = owner.get("/auth/session")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.json["username"] == "ada"
    theme = {"theme": "dark", "csrf_token": answer.json["csrf_token"]}
    assert owner.post("/preferences", data=theme).status_code == 303


def test_a_script_whose_session_is_over_is_told_so_as_json(client, auth, ada):
    for _ in range(2):
        answer = client.get("/auth/session", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.json["error"]["code"]) == (401, "login_required")
        assert answer.headers["Cache-Control"] == "private, no-store"
        auth.login()
        auth.logout()


def test_a_script_goes_on_after_another_log_in_in_the_same_browser(owner, auth, session, ada):
    before = owner.get("/auth/session").json
    auth.logout()
    auth.login()
    after = owner.get("/auth/session").json
    assert after["username"] == before["username"]
    path, headers = "/settings/uploads", {"X-CSRFToken": before["csrf_token"]}
    assert owner.post(path, data={"keep": "backup"}, headers=headers).status_code == 400
    headers = {"X-CSRFToken": after["csrf_token"]}
    assert owner.post(path, data={"keep": "backup"}, headers=headers).status_code in {200, 303}
