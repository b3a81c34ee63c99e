"""Drop boxes: what they take, where it goes, when they end."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from flaskr.db import db
from flaskr.errors import (
    ExpiryPassedError,
    IdempotencyMismatchError,
    LinkPasswordError,
    NotFoundError,
    TextTooLongError,
)
from flaskr.library import albums, drop_boxes, images, usage
from flaskr.library.drop_boxes import (
    DropBoxClosedError,
    DropBoxEndedError,
    DropBoxExpiredError,
    DropBoxFullError,
    ImageLimitError,
    NoRoomError,
    SenderError,
    Sending,
    SizeLimitError,
    Terms,
)
from flaskr.library.uploads import accept
from flaskr.models import Album, AlbumImage, Drop, DropBox, Image, now
from tests.factories import count_rows, make_album, make_drop_box, make_image, png
from tests.unit.uploading import LIMITS, without_children


@pytest.fixture
def send(session, media):
    """Send a picture into a box and commit it, as the view does."""

    def send_one(box, content=None, sender="Eve", *, with_=None, **said):
        with media.spool.create() as file:
            file.write(content or png(number=count_rows(with_ or session, Image) + 1))
            file.finish()
            sending = Sending(file, "holiday.png", sender, **said)
            taken = drop_boxes.take(with_ or session, without_children(media), box, sending, LIMITS)
            (with_ or session).commit()
        return taken

    return send_one


@pytest.fixture
def album(session, ada):
    return make_album(session, ada)


@pytest.fixture
def make_box(session, media, ada, album):
    def make(**terms) -> DropBox:
        return make_drop_box(session, media, ada, album, **terms)[0]

    return make


def in_album(session, album: Album) -> list[int]:
    session.expire_all()
    return [
        row.image_id
        for row in session.query(AlbumImage).filter_by(album_id=album.id).order_by("position")
    ]


# ---- what comes -----------------------------------------------------------------------------


def test_a_picture_goes_into_the_album_of_the_owner(session, ada, album, make_box, send):
    box = make_box()
    image = send(box, sender="  Eve \u202e  and\tco ")
    assert image.owner_id == ada.id
    assert image.visibility == "unlisted"
    assert in_album(session, album) == [image.id]
    (sent,) = drop_boxes.list_sent(session, box, None, 10)
    assert (sent.drop.sender, sent.image.id) == ("Eve and co", image.id)
    assert box.images == 1
    assert ada.used_images == 1


def test_it_is_shown_as_the_owners_uploads_are(session, ada, make_box, send):
    ada.default_visibility = "private"
    session.commit()
    assert send(make_box()).visibility == "private"


def test_whether_the_owner_has_it_already_makes_no_difference(session, ada, make_box, send):
    make_image(session, ada, png(number=5))
    box = make_box()
    first, second = send(box, png(number=5)), send(box, png(number=5))
    assert first.id != second.id
    assert count_rows(session, Image) == 3
    assert box.images == 2


def test_a_repeated_request_is_counted_once(session, make_box, send):
    box = make_box(most_images=1)
    first = send(box, png(number=1), idempotency_key="k")
    with pytest.raises(DropBoxFullError):
        send(box, png(number=2))
    session.rollback()
    box.most_images = 2
    session.commit()
    again = send(box, png(number=1), idempotency_key="k")
    assert (again.id, box.images, count_rows(session, Drop)) == (first.id, 1, 1)
    with pytest.raises(IdempotencyMismatchError):
        send(box, png(number=3), idempotency_key="k")
    session.rollback()


def test_the_keys_of_two_boxes_do_not_meet(session, make_box, send):
    one, other = make_box(), make_box()
    send(one, png(number=1), idempotency_key="k")
    send(other, png(number=2), idempotency_key="k")
    assert (one.images, other.images) == (1, 1)


@pytest.mark.parametrize("sender", ["", "  ", "\u200b\n", "x" * 101])
def test_who_sends_says_who_they_are(session, make_box, send, sender):
    with pytest.raises(SenderError):
        send(make_box(), sender=sender)
    assert count_rows(session, Image) == 0


def test_no_room_left_says_nothing_of_how_much_there_was(session, ada, make_box, send, media):
    usage.set_quota(session, ada, images=1, bytes=None)
    session.commit()
    box = make_box()
    send(box)
    with pytest.raises(NoRoomError) as told:
        send(box)
    assert not told.value.details
    session.rollback()
    assert (count_rows(session, Image), box.images) == (1, 1)


# ---- when it ends ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"closed": now()}, DropBoxClosedError),
        ({"expires": now() - timedelta(seconds=1)}, DropBoxExpiredError),
        ({"most_images": 0}, DropBoxFullError),
    ],
)
def test_a_box_that_has_ended_takes_nothing(session, make_box, send, change, error):
    box = make_box()
    for name, value in change.items():
        setattr(box, name, value)
    session.commit()
    assert isinstance(drop_boxes.state(box), error)
    with pytest.raises(error) as told:
        send(box)
    assert told.value.status == 410
    session.rollback()
    assert count_rows(session, Image) == 0


@pytest.mark.parametrize(
    "change", [{"closed": now()}, {"expires": now()}, {"most_images": 0}, None]
)
def test_a_box_that_ends_while_a_picture_is_opened_takes_it_not(
    session, app, make_box, send, change, monkeypatch
):
    box = make_box()
    id_ = box.id

    def end_meanwhile(own, *arguments):
        with app.app_context(), db.sessionmaker() as other:
            there = other.get_one(DropBox, id_)
            if change is None:
                other.delete(there)
            else:
                for name, value in change.items():
                    setattr(there, name, value)
            other.commit()
        return accept(own, *arguments)

    monkeypatch.setattr(drop_boxes, "accept", end_meanwhile)
    with pytest.raises(NotFoundError if change is None else DropBoxEndedError):
        send(box)
    session.rollback()
    assert count_rows(session, Image) == 0
    assert count_rows(session, Drop) == 0


def test_many_at_once_get_no_more_in_than_there_is_room_for(app, session, make_box, send):
    box = make_box(most_images=3)
    id_, start, ended = box.id, Barrier(10), []

    def send_one(number: int) -> None:
        with app.app_context(), db.sessionmaker() as own:
            start.wait()
            try:
                send(own.get_one(DropBox, id_), png(number=number), with_=own)
            except DropBoxFullError as error:
                own.rollback()
                ended.append(error)

    threads = [Thread(target=send_one, args=[number]) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.expire_all()
    assert (box.images, count_rows(session, Image), count_rows(session, Drop)) == (3, 3, 3)
    assert len(ended) == 7


def test_a_closed_box_opens_again(session, ada, make_box, send):
    box = make_box()
    drop_boxes.close(session, ada, box)
    session.commit()
    with pytest.raises(DropBoxClosedError):
        send(box)
    session.rollback()
    drop_boxes.reopen(session, ada, box)
    session.commit()
    send(box)


# ---- looking first --------------------------------------------------------------------------


def test_what_waits_is_private_and_in_no_album(session, ada, album, make_box, send):
    box = make_box(needs_approval=True)
    image = send(box)
    assert image.visibility == "private"
    assert in_album(session, album) == []
    assert [each.image.id for each in drop_boxes.list_waiting(session, box, 10)] == [image.id]
    assert drop_boxes.list_sent(session, box, None, 10) == []
    assert drop_boxes.waiting_in(session, box) == 1
    (listed,) = drop_boxes.list_own(session, ada, None, 10)
    assert (listed.box.id, listed.album.id, listed.waiting) == (box.id, album.id, 1)


def test_what_is_accepted_goes_where_it_would_have_gone(session, media, ada, album, make_box, send):
    box = make_box(needs_approval=True)
    first, second = send(box), send(box)
    count = drop_boxes.approve(session, media, ada, box, [second.key, "111111111111", second.key])
    session.commit()
    assert count == 1
    assert in_album(session, album) == [second.id]
    assert (first.visibility, second.visibility) == ("private", "unlisted")
    assert drop_boxes.waiting_in(session, box) == 1
    with pytest.raises(NotFoundError):
        drop_boxes.approve(session, media, ada, box, [second.key])


def test_what_is_refused_goes_to_the_trash_and_makes_room(session, media, ada, make_box, send):
    box = make_box(needs_approval=True, most_images=1)
    image = send(box)
    assert drop_boxes.refuse(session, media, ada, box, [image.key]) == [image.key]
    session.commit()
    session.expire_all()
    assert image.deleted is not None
    assert (box.images, count_rows(session, Drop)) == (0, 0)
    send(box)


def test_only_what_waits_in_the_box_is_accepted_or_refused(session, media, ada, make_box, send):
    own, box, other = make_image(session, ada), make_box(), make_box(needs_approval=True)
    accepted, elsewhere = send(box), send(other)
    for key in (own.key, accepted.key, elsewhere.key):
        for verb in (drop_boxes.approve, drop_boxes.refuse):
            with pytest.raises(NotFoundError):
                verb(session, media, ada, box, [key])
            session.rollback()


def test_what_is_deleted_meanwhile_waits_no_more(session, media, make_box, send):
    box = make_box(needs_approval=True)
    images.delete(session, media, send(box))
    session.commit()
    assert drop_boxes.list_waiting(session, box, 10) == []
    assert drop_boxes.waiting_in(session, box) == 0


def test_who_has_sent_what(session, make_box, send):
    box = make_box()
    sent = [send(box, sender=name) for name in ("Eve", "Bob", "Eve")]
    assert drop_boxes.list_senders(session, box, 10) == [("Eve", 2), ("Bob", 1)]
    of_eve = drop_boxes.list_sent(session, box, None, 10, sender="Eve")
    assert [each.image.id for each in of_eve] == [sent[2].id, sent[0].id]
    first = drop_boxes.list_sent(session, box, None, 2)
    rest = drop_boxes.list_sent(session, box, first[-1].drop.id, 2)
    assert [each.image.id for each in first + rest] == [image.id for image in reversed(sent)]


# ---- make and change ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        ({"name": "x" * 201}, TextTooLongError),
        ({"note": "x" * 201}, TextTooLongError),
        ({"password": "abc"}, LinkPasswordError),
        ({"expires": now() - timedelta(days=1)}, ExpiryPassedError),
        ({"most_images": 0}, ImageLimitError),
        ({"most_images": 10**9}, ImageLimitError),
        ({"most_bytes": 0}, SizeLimitError),
        ({"most_bytes": 2**63}, SizeLimitError),
    ],
)
def test_terms_that_will_not_do_are_refused(session, media, ada, make_box, album, terms, error):
    box = make_box()
    with pytest.raises(error):
        drop_boxes.revise(session, ada, box, album, Terms(**terms))
    session.rollback()
    with pytest.raises(error):
        drop_boxes.create(session, media, ada, "New", Terms(**terms))
    session.rollback()
    assert count_rows(session, DropBox) == 1
    assert count_rows(session, Album) == 1


def test_a_box_is_changed_and_keeps_its_password(session, ada, make_box):
    box = make_box(password="open sesame", types=["png", "exe"])
    before = box.password
    assert box.types == "png"
    album = albums.create(session, ada, "Elsewhere")
    session.commit()
    drop_boxes.revise(session, ada, box, album, Terms(name="New", types=drop_boxes.EXTENSIONS))
    session.commit()
    assert (box.name, box.password, box.album_id, box.types) == ("New", before, album.id, "")
    drop_boxes.revise(session, ada, box, album, Terms(password=""))
    session.commit()
    assert box.password is None


def test_a_link_is_found_by_its_token_alone(session, media, ada):
    box, token = make_drop_box(session, media, ada)
    assert drop_boxes.find(session, token).id == box.id
    assert token not in {box.key, box.token_sha256}
    for wrong in ("", "x", token[:-1], token + "1", "x" * 10_000, box.key):
        with pytest.raises(NotFoundError):
            drop_boxes.find(session, wrong)


def test_a_password_holds_for_a_while_and_for_this_box(make_box, media, session, ada, album):
    box, other = make_box(password="sesame"), make_box(password="sesame")
    proof = drop_boxes.sign_visit(media, box)
    assert drop_boxes.is_visit(media, box, proof)
    assert not drop_boxes.is_visit(media, other, proof)
    old = drop_boxes.sign_visit(media, box, now() - drop_boxes.VISIT)
    later = f"{int(old.partition('.')[0]) + 10**6}.{old.partition('.')[2]}"
    for wrong in (old, later, "", ".", "1", "x.y", "\x00.é"):
        assert not drop_boxes.is_visit(media, box, wrong)
    drop_boxes.revise(session, ada, box, album, Terms(password="another"))
    assert not drop_boxes.is_visit(media, box, proof)


@pytest.mark.parametrize("end", ["box", "album"])
def test_what_came_stays_when_the_box_goes(session, media, ada, album, make_box, send, end):
    box = make_box()
    waiting_box = make_box(needs_approval=True)
    image, waiting = send(box), send(waiting_box)
    if end == "album":
        albums.remove(session, ada, album)
    else:
        drop_boxes.remove(session, ada, box)
        session.commit()
        drop_boxes.remove(session, ada, waiting_box)
    session.commit()
    session.expire_all()
    assert count_rows(session, DropBox) == count_rows(session, Drop) == 0
    assert (image.deleted, waiting.deleted, waiting.visibility) == (None, None, "private")


def test_nobody_finds_somebody_elses_box(session, bob, make_box):
    box = make_box()
    with pytest.raises(NotFoundError):
        drop_boxes.find_own(session, bob, box.key)
    assert drop_boxes.list_own(session, bob, None, 10) == []
