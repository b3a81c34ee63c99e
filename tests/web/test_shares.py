"""Shares as visitors meet them, and as their owners make and end them."""

import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest

from flaskr.library import albums, shares
from flaskr.library.aliases import alias_of
from flaskr.library.making import PATIENCE
from flaskr.library.media import blob_name
from flaskr.models import Share, now
from tests.browsing import JSON, AuthActions, Browser, links, query, text
from tests.factories import (
    CANARY,
    jpeg,
    make_album,
    make_drop_box,
    make_image,
    make_share,
    make_user,
    png,
)


@pytest.fixture
def hidden(session, ada, media):
    """A private picture, and one for whoever has the link."""
    private = make_image(session, ada, png(number=1001), store=media.store, name="private.png")
    private.visibility = "private"
    unlisted = make_image(session, ada, png(number=1002), store=media.store, name="unlisted.png")
    session.commit()
    return private, unlisted


@pytest.fixture
def give(session, ada, media, hidden):
    """Share ada's two pictures, or what is named; return the link's path."""

    def make(subject=None, **terms):
        _, token = make_share(session, media, ada, subject or hidden, **terms)
        return f"/s/{token}"

    return make


@pytest.fixture
def page_of(session):
    """Tell the page that a picture has behind a share."""

    def tell(path, image):
        share = shares.find(session, path.rpartition("/")[2])
        return f"{path}/{alias_of(share, image)}"

    return tell


@pytest.fixture
def files(page_of):
    """Tell every sort of address that a picture has behind a share."""

    def tell(path, image):
        whole = page_of(path, image)
        return [
            f"{whole}.png",
            f"{whole}.png?download",
            f"{whole}.webp?w=320&h=320&still=1",
            f"{whole}.jpg",
            f"{whole}.auto",
        ]

    return tell


def count(session, path):
    session.rollback()
    return shares.find(session, path.rpartition("/")[2]).views


def test_a_share_shows_its_pictures_and_their_files_to_strangers(
    guest, give, hidden, page_of, files
):
    private, unlisted = hidden
    path = give()
    page = guest.get(path)
    assert page.status_code == 200
    assert links(page, ".tile a") == [page_of(path, image) for image in hidden]
    for address in [*files(path, private), *files(path, unlisted)]:
        answer = guest.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert guest.get(f"{page_of(path, private)}.png").data == png(number=1001)
    picture = guest.get(page_of(path, private))
    assert "private.png" in picture.text
    assert page_of(path, unlisted) in links(picture)
    assert guest.get(f"/i/{private.key}.png").status_code == 404


def test_a_share_of_one_picture_shows_it_at_once(guest, give, hidden):
    path = give([hidden[0]], name="For you")
    page = guest.get(path)
    assert query(page, "h1")[0].to_text() == "For you"
    assert query(page, ".shared-frame img")[0].attrs["src"].startswith(path)


def test_only_what_is_shared_can_be_reached_through_it(
    guest, session, ada, media, give, page_of, files
):
    other = make_image(session, ada, store=media.store)
    path = give()
    for address in [page_of(path, other), *files(path, other)]:
        assert guest.get(address).status_code == 404, address


def test_a_share_tells_nothing_that_opens_a_picture_elsewhere(guest, hidden, give, page_of, files):
    _, unlisted = hidden
    path, elsewhere = give([unlisted]), give([unlisted])
    page = page_of(path, unlisted)
    told = guest.get("/oembed", query_string={"url": f"http://localhost{page}"})
    assert told.status_code == 200
    answers = [told, *(guest.get(each) for each in (path, page, *files(path, unlisted)))]
    for answer in answers:
        assert answer.status_code == 200
        assert unlisted.key.encode() not in answer.data
        assert unlisted.key not in str(answer.headers)
    alias = page.rpartition("/")[2]
    assert alias != page_of(elsewhere, unlisted).rpartition("/")[2]
    for wrong in (f"/i/{alias}.png", f"{elsewhere}/{alias}.png", f"{path}/{unlisted.key}.png"):
        assert guest.get(wrong).status_code == 404, wrong


def test_a_share_of_an_album_shows_what_is_in_it_now(
    guest, session, ada, media, hidden, give, page_of, files
):
    album = make_album(session, ada, "Walks", images=[hidden[0]])
    path = give(album)
    assert page_of(path, hidden[1]) not in guest.get(path).text
    albums.add_images(session, ada, album, [hidden[1].key])
    session.commit()
    page = guest.get(path)
    assert page_of(path, hidden[1]) in page.text
    assert "Walks" in page.text
    albums.take_images(session, ada, album, [hidden[0].key])
    session.commit()
    for address in files(path, hidden[0]):
        assert guest.get(address).status_code == 404


def test_an_album_that_is_deleted_takes_its_shares_back(
    owner, guest, session, ada, media, hidden, give, files
):
    album = make_album(session, ada, "Walks", images=hidden)
    path, named = give(album, note="for Bob", most_views=3), give(album, name="Our walks")
    assert guest.get(path).status_code == 200
    behind = files(path, hidden[0])
    make_drop_box(session, media, ada, album)
    page = f"/tuchuang/albums/{album.key}/delete"
    told = " ".join(text(owner.get(page)).split())
    assert "It is shared by 2 links, which end. A drop box leads to it and ends, too." in told
    assert owner.submit(page).status_code == 303
    for address in [path, named, f"{path}/all.zip", *behind]:
        assert guest.get(address).status_code == 410, address
    ended = guest.get(path)
    assert "revoked the link" in text(ended)
    assert [each.to_text().strip() for each in query(ended, "main a")] == ["To the first page"]
    listed = owner.get("/tuchuang/shares")
    assert [each.to_text() for each in query(listed, ".share-name")] == ["Our walks", "Walks"]
    assert "for Bob" in text(listed)
    assert "opened 1 of 3 times" in text(listed)
    owned = shares.find(session, path.rpartition("/")[2])
    assert owner.get(f"/tuchuang/shares/{owned.key}").status_code == 200


def test_many_pictures_come_page_by_page(guest, session, ada, media, give, page_of):
    images = [make_image(session, ada) for _ in range(65)]
    path = give(images)
    first = guest.get(path)
    assert len(query(first, ".tile")) == 60
    (further,) = links(first, "a[rel=next]")
    second = guest.get(further)
    assert links(second, ".tile a") == [page_of(path, image) for image in images[60:]]
    assert guest.get(f"{path}?page=999999999999").status_code == 200


@pytest.mark.parametrize("ended", ["revoked", "expired"])
def test_when_a_share_ends_so_does_all_behind_it(
    guest, session, give, hidden, ended, page_of, files
):
    path = give()
    assert guest.get(path).status_code == 200
    share = shares.find(session, path.rpartition("/")[2])
    setattr(share, "expires" if ended == "expired" else "revoked", now() - timedelta(seconds=1))
    session.commit()
    addresses = [path, f"{path}/all.zip", page_of(path, hidden[0]), *files(path, hidden[0])]
    for address in addresses:
        answer = guest.get(address)
        assert answer.status_code == 410, address
        assert page_of(path, hidden[1]) not in answer.text
    assert "link" in query(guest.get(path), "main p")[0].to_text()
    answer = guest.get(path, headers=JSON)
    assert answer.json["error"]["code"] == f"share_{ended}"


def test_a_visit_counts_once_and_a_program_that_looks_ahead_not_at_all(guest, session, give):
    path = give(most_views=2)
    for headers in ({"User-Agent": "Slackbot-LinkExpanding 1.0"}, {"Sec-Purpose": "prefetch"}):
        answer = guest.get(path, headers=headers)
        assert "Open this link?" in answer.text
    guest.head(path)
    assert count(session, path) == 0
    for _ in range(3):
        assert guest.get(path).status_code == 200
    assert count(session, path) == 1


def test_the_last_view_goes_on_for_whoever_had_it(app, guest, give, hidden, files):
    path = give(most_views=1)
    assert guest.get(path).status_code == 200
    late = Browser(app)
    assert late.get(path).status_code == 410
    for address in files(path, hidden[0]):
        assert guest.get(address).status_code == 200, address
        assert late.get(address).status_code == 410, address
    told = late.get(path, headers=JSON).json
    assert told is not None
    assert told["error"]["code"] == "share_used_up"


def test_one_view_opened_by_twenty_at_once_is_one_view(app, session, give):
    path = give(most_views=1)

    def ask(_):
        return Browser(app).get(path).status_code

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    assert sorted(answers) == [200] + [410] * 19
    assert count(session, path) == 1


def test_a_made_up_or_foreign_visit_is_none(app, guest, session, ada, media, give, hidden, page_of):
    path, elsewhere = give(most_views=1), give(most_views=1)
    guest.get(elsewhere)
    token = elsewhere.rpartition("/")[2]
    cookie = guest.get_cookie("visit", path=f"/s/{token}")
    assert cookie is not None
    thief = Browser(app)
    for value in (cookie.value, "9999999999.abc", "x", f"{10**30}.{'1' * 22}", "٣.a"):
        answer = thief.get(f"{page_of(path, hidden[0])}.png", headers={"Cookie": f"visit={value}"})
        assert answer.status_code == 404, value


def test_a_password_is_asked_for_before_anything_is_told(
    app, guest, session, give, hidden, page_of, files
):
    path = give(password="open sesame", name="Secret garden")
    page = guest.get(path)
    assert page.status_code == 200
    assert "Secret garden" not in page.text
    assert "og:image" not in page.text
    for address in [*files(path, hidden[0]), f"{path}/all.zip"]:
        assert guest.get(address).status_code == 404, address
    assert guest.get(page_of(path, hidden[0])).location == path
    wrong = guest.submit(path, {"password": "open says me"}, page=path)
    assert wrong.status_code == 403
    assert count(session, path) == 0
    right = guest.submit(path, {"password": "open sesame"}, page=path)
    assert (right.status_code, right.location) == (303, path)
    assert "Secret garden" in guest.get(path).text
    for address in files(path, hidden[0]):
        assert guest.get(address).status_code == 200
    assert Browser(app).get(files(path, hidden[0])[0]).status_code == 404
    assert count(session, path) == 1


def test_the_form_sent_twice_is_one_view(app, guest, owner, session, give):
    path = give(password="open sesame", most_views=2)
    for _ in range(3):
        sent = guest.submit(path, {"password": "open sesame"}, page=path)
        assert (sent.status_code, sent.location) == (303, path)
    owner.submit(path, {"password": ""}, page=path)
    assert count(session, path) == 1
    late = Browser(app)
    assert late.submit(path, {"password": "open sesame"}, page=path).status_code == 303
    assert guest.submit(path, {"password": "open sesame"}, page=path).status_code == 303
    assert guest.get(path).status_code == 200
    assert Browser(app).submit(path, {"password": "open sesame"}, page="/blog").status_code == 410


def test_a_new_password_ends_visits(guest, session, ada, give, hidden, files):
    path = give(password="open sesame")
    guest.submit(path, {"password": "open sesame"}, page=path)
    share = shares.find(session, path.rpartition("/")[2])
    shares.revise(session, ada, share, shares.Terms(password="another one"))
    session.commit()
    assert guest.get(files(path, hidden[0])[0]).status_code == 404


def test_wrong_passwords_are_limited(make_app, session, give):
    path = give(password="open sesame")
    app = make_app(RATE_LIMITS=True)
    browser = Browser(app)
    token = browser.token()
    for _ in range(10):
        answer = browser.post(path, data={"csrf_token": token, "password": "wrong!"})
        assert answer.status_code == 403
    answer = browser.post(path, data={"csrf_token": token, "password": "open sesame"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert count(session, path) == 0


def test_all_pictures_come_as_a_zip(guest, give, hidden):
    path = give(name="Two / of them")
    answer = guest.get(f"{path}/all.zip")
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        assert archive.namelist() == ["private.png", "unlisted.png"]
        assert archive.read("private.png") == png(number=1001)
    assert "filename=" in answer.headers["Content-Disposition"]


def test_what_the_camera_wrote_stays_with_the_owner(
    owner, guest, session, ada, media, give, page_of
):
    content = jpeg(60, 40, orientation=6, number=1003)
    assert CANARY.encode() in content
    backup = make_image(session, ada, content, store=media.store, name="backup.jpg")
    backup.visibility = "private"
    session.commit()
    path = give([backup])
    whole = page_of(path, backup)
    for address in (f"{whole}.jpg", f"{whole}.webp", f"{path}/all.zip"):
        for _ in range(2):  # the second time the copy is there already
            answer = guest.get(address)
            assert answer.status_code == 200
            assert CANARY.encode() not in answer.data
    assert owner.get(f"/i/{backup.key}.jpg").data == content
    signed = links_of(owner, backup)
    answer = guest.get(signed)
    assert answer.status_code == 200
    assert CANARY.encode() not in answer.data


def test_no_archive_is_offered_of_more_than_it_can_hold(guest, give, monkeypatch):
    path = give()
    assert f"{path}/all.zip" in links(guest.get(path))
    monkeypatch.setattr("flaskr.tuchuang.shares.MOST", 1)
    page = guest.get(path)
    assert len(query(page, ".tile")) == 2
    assert f"{path}/all.zip" not in links(page)


@pytest.fixture
def runs(app, monkeypatch):
    """The tasks that the decoders are given from here on."""
    decoders, given = app.extensions["tuchuang.media"].decoders, []
    run = type(decoders).run

    def note(self, task, **arguments):
        given.append((task, arguments.get("patience")))
        return run(self, task, **arguments)

    monkeypatch.setattr(type(decoders), "run", note)
    return given


def test_what_holds_no_metadata_is_looked_at_once_for_all_processes(
    app, guest, hidden, give, page_of, runs
):
    path = give()
    address = f"{page_of(path, hidden[0])}.png"
    assert guest.get(address).data == png(number=1001)
    assert runs == [("clean", PATIENCE)]
    app.extensions["tuchuang.media"].clean.clear()  # as after a restart
    assert guest.get(address).data == png(number=1001)
    assert guest.get(f"{path}/all.zip").status_code == 200
    assert len(runs) == 1


def test_one_damaged_picture_ends_no_archive_and_is_not_tried_again_and_again(
    guest, session, ada, media, give, page_of, runs
):
    damaged = make_image(session, ada, jpeg(60, 40, number=1004), store=media.store, name="bad.jpg")
    good = make_image(session, ada, png(number=1005), store=media.store, name="good.png")
    damaged.visibility = good.visibility = "private"
    session.commit()
    stored = media.store.local_path(blob_name(damaged.blob.sha256))
    stored.write_bytes(bytes(stored.stat().st_size))
    path = give([damaged, good])
    for _ in range(2):
        answer = guest.get(f"{path}/all.zip")
        assert answer.status_code == 200
        with zipfile.ZipFile(BytesIO(answer.data)) as archive:
            assert archive.namelist() == ["good.png", "MISSING.txt"]
            assert archive.read("MISSING.txt") == b"bad.jpg\r\n"
        assert 400 <= guest.get(f"{page_of(path, damaged)}.jpg").status_code < 500
    assert [task for task, _ in runs].count("clean") == 2  # once each


def test_an_archive_that_takes_long_to_prepare_goes_on_next_time(guest, hidden, give, monkeypatch):
    path = give()
    monkeypatch.setattr(shares, "PREPARING", -1)
    busy = guest.get(f"{path}/all.zip")
    assert busy.status_code == 503
    assert int(busy.headers["Retry-After"]) > 0
    monkeypatch.undo()
    assert guest.get(f"{path}/all.zip").status_code == 200
    monkeypatch.setattr(shares, "PREPARING", -1)
    assert guest.get(f"{path}/all.zip").status_code == 200


def links_of(owner, image):
    page = owner.get(f"/tuchuang/images/{image.key}/signed")
    return query(page, "#link-URL")[0].attrs["value"].removeprefix("http://localhost")


def test_what_is_deleted_is_gone_from_its_shares(owner, guest, give, hidden, page_of, files):
    path = give()
    owner.submit(f"/tuchuang/images/{hidden[0].key}/delete")
    behind = [page_of(path, hidden[0]), *files(path, hidden[0])]
    assert behind[0] not in guest.get(path).text
    for address in behind:
        assert guest.get(address).status_code == 404


@pytest.mark.parametrize("token", ["x", "1" * 22, "1" * 5000, "%00", "é"])
def test_a_link_that_was_never_made_is_none(guest, token):
    assert guest.get(f"/s/{token}").status_code == 404


def test_other_sites_are_told_of_it(guest, give, hidden, page_of):
    path = give(name="Our walk")
    page = guest.get(path)
    told = {
        each.attrs.get("property") or each.attrs.get("name"): each.attrs["content"]
        for each in query(page, "meta[content]")
        if each.attrs.get("property") or each.attrs.get("name")
    }
    assert told["og:title"] == "Our walk"
    assert told["og:url"] == f"http://localhost{path}"
    assert told["twitter:card"] == "summary_large_image"
    assert told["og:image"].startswith(f"http://localhost{page_of(path, hidden[0])}.jpg")
    assert (told["og:image:width"], told["og:image:height"]) == ("48", "32")
    picture = guest.get(told["og:image"].removeprefix("http://localhost"))
    assert picture.mimetype == "image/jpeg"
    assert picture.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    (discovered,) = query(page, "link[type='application/json+oembed']")
    link = discovered.attrs["href"]
    assert link.startswith("http://localhost/oembed?url=http%3A%2F%2Flocalhost%2Fs%2F")
    answer = guest.get(link.removeprefix("http://localhost"))
    assert answer.json["type"] == "photo"


# ---- its owner ------------------------------------------------------------------------------


def test_an_owner_shares_a_selection_and_sees_who_came(owner, guest, session, hidden):
    keys = [image.key for image in hidden]
    asked = owner.submit("/tuchuang/shares/new", {"key": keys, "action": "share"})
    assert [each.attrs["value"] for each in query(asked, "main input[name=key]")] == keys
    made = owner.submit(
        "/tuchuang/shares/new",
        {"key": keys, "save": "1", "name": "Two", "note": "for Bob", "most_views": "3"},
    )
    assert made.status_code == 303
    page = owner.get(made.location)
    (field,) = query(page, "#link ~ .link input")
    path = field.attrs["value"].removeprefix("http://localhost")
    assert guest.get(path).status_code == 200
    owner.get(path)  # the owner does not count
    listed = owner.get("/tuchuang/shares").text
    assert "opened 1 of 3 times" in listed
    assert "for Bob" in listed
    assert "for Bob" not in guest.get(path).text
    revoked = owner.submit(f"{made.location}/revoke")
    assert revoked.status_code == 303
    assert guest.get(path).status_code == 410
    assert "Revoked" in owner.get("/tuchuang/shares").text


def test_lists_of_shares_say_what_each_is_in_few_statements(
    owner, session, ada, media, hidden, give, statements
):
    private, unlisted = hidden
    album = make_album(session, ada, "Walks", images=[private])
    give(album)
    give([unlisted, private])
    page, list_ = f"/tuchuang/images/{private.key}", "/tuchuang/shares"
    before = [statements(lambda path=path: owner.get(path)) for path in (page, list_)]
    for number in range(6):
        give(album, name=f"Walks {number}")
        give(hidden)
    after = [statements(lambda path=path: owner.get(path)) for path in (page, list_)]
    assert after == before
    listed = owner.get(list_)
    names = [name.to_text() for name in query(listed, ".share-name")]
    assert names[-4:] == ["private.png", "Walks 0", "unlisted.png", "Walks"]
    thumbs = [str(thumb.attrs["src"]) for thumb in query(listed, ".share-thumb img")]
    assert len(thumbs) == 14
    for thumb, first in zip(thumbs[-4:], (private, private, unlisted, private), strict=True):
        assert first.key in thumb
    facts = [" ".join(each.to_text().split()) for each in query(listed, ".share-facts")]
    assert [each.partition(" opened")[0] for each in facts[-2:]] == ["2 pictures", "1 picture"]


def test_the_page_of_a_picture_leads_to_all_its_shares(owner, hidden, give):
    private, unlisted = hidden
    page, every = f"/tuchuang/images/{private.key}", f"/tuchuang/shares?image={private.key}"
    for _ in range(10):
        give([private])
    assert every not in links(owner.get(page))
    give([unlisted])
    give(hidden, name="Both")
    answer = owner.get(page)
    assert len(query(answer, ".image-shares li")) == 11
    assert every in links(answer)
    listed = owner.get(every)
    assert len(query(listed, ".share-name")) == 11
    assert "Both" in text(listed)
    assert "unlisted.png" not in text(listed)
    assert owner.get("/tuchuang/shares?image=nosuchimage1").status_code == 404


def test_a_share_is_taken_back_once_and_an_expired_one_still(owner, session, ada, media, hidden):
    share, _ = make_share(session, media, ada, hidden)
    page = f"/tuchuang/shares/{share.key}"
    share.expires = now() - timedelta(seconds=1)
    session.commit()
    for language in ("en", "zh-Hans"):
        answer = owner.get(page, headers={"Accept-Language": language})
        assert query(answer, f'form[action="{page}/revoke"]')
    owner.submit(f"{page}/revoke")
    for language in ("en", "zh-Hans"):
        answer = owner.get(page, headers={"Accept-Language": language})
        assert not query(answer, f'form[action="{page}/revoke"]')


def test_a_revoked_share_offers_nothing_but_a_new_link(owner, session, ada, media, hidden, give):
    path = give([*reversed(hidden)], name="Lake", note="for Bob")
    share = shares.find(session, path.rpartition("/")[2])
    page = f"/tuchuang/shares/{share.key}"
    owner.submit(f"{page}/revoke")
    answer = owner.get(page)
    assert path not in answer.text
    assert "Revoked on" in text(answer)
    for gone in ("[data-copy]", "input[name=most_views]", "img.qr"):
        assert not query(answer, gone), gone
    refused = owner.submit(page, {"most_views": "50"})
    assert refused.status_code == 410
    session.refresh(share)
    assert share.most_views is None

    (again,) = query(answer, "main a.button--primary")
    form = owner.get(again.attrs["href"])
    keys = [each.attrs["value"] for each in query(form, "main input[name=key]")]
    assert keys == [image.key for image in reversed(hidden)]
    named = [query(form, f"#{name}")[0].attrs["value"] for name in ("name", "note")]
    assert named == ["Lake", "for Bob"]


def test_a_revoked_share_of_an_album_leads_to_a_new_one_of_it(
    owner, session, ada, media, hidden, give
):
    album = make_album(session, ada, "Walks", images=hidden)
    share = shares.find(session, give(album).rpartition("/")[2])
    owner.submit(f"/tuchuang/shares/{share.key}/revoke")
    form = owner.get(f"/tuchuang/shares/new?again={share.key}")
    assert query(form, f'input[name=share_album][value="{album.key}"]')


def test_a_new_link_is_made_of_ones_own_shares_only(session, ada, give, app, hidden):
    share = shares.find(session, give().rpartition("/")[2])
    bob = make_user(session, "bob")
    browser = Browser(app)
    AuthActions(browser).login(bob.username)
    assert browser.get(f"/tuchuang/shares/new?again={share.key}").status_code == 404


def test_limits_are_changed_and_kept(owner, session, ada, media, hidden):
    share, _ = make_share(session, media, ada, hidden, password="open sesame")
    page = f"/tuchuang/shares/{share.key}"
    saved = owner.submit(page, {"most_views": "7", "expires": "2999-01-31T18:00", "offset": "-60"})
    assert saved.status_code == 303
    session.refresh(share)
    assert share.most_views == 7
    assert f"{share.expires:%Y-%m-%dT%H:%M}" == "2999-01-31T17:00"
    assert share.password is not None
    owner.submit(page, {"no_password": "y"})
    session.rollback()
    session.refresh(share)
    assert [share.password, share.most_views, share.expires] == [None, None, None]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("most_views", "0"),
        ("most_views", "-1"),
        ("most_views", "many"),
        ("most_views", "9999999"),
        ("expires", "2001-01-01T00:00"),
        ("expires", "tomorrow"),
        ("password", "abc"),
        ("password", "x" * 201),
        ("name", "n" * 201),
    ],
)
def test_what_no_share_can_have_is_refused_beside_its_field(owner, session, hidden, field, value):
    data = {"key": hidden[0].key, "save": "1", "note": "kept", field: value}
    answer = owner.submit("/tuchuang/shares/new", data)
    assert answer.status_code == 422
    (said,) = query(answer, f"#{field}-error")
    assert "delete" not in said.to_text()
    assert query(answer, "#note")[0].attrs["value"] == "kept"
    session.rollback()
    assert session.query(Share).count() == 0


def test_a_link_of_another_secret_key_opens_but_cannot_be_shown(make_app, give, session, ada):
    path = give()
    browser = Browser(make_app(SECRET_KEY="another key for tests"))
    assert browser.get(path).status_code == 200
    AuthActions(browser).login("ada")
    share = shares.find(session, path.rpartition("/")[2])
    assert "earlier secret key" in browser.get(f"/tuchuang/shares/{share.key}").text
    assert browser.get(f"/tuchuang/shares/{share.key}/qr.svg").status_code == 404


def test_the_database_has_no_link_in_it(session, instance, give):
    token = give(password="open sesame").rpartition("/")[2]
    session.rollback()
    dump = b"".join(path.read_bytes() for path in instance.glob("tuchuang.sqlite3*"))
    assert token.encode() not in dump
    assert b"open sesame" not in dump
