"""What an account keeps: counted, limited, divided, checked."""

from datetime import UTC, datetime, timedelta

import pytest

from flaskr.errors import ImageQuotaExceededError, NotFoundError, QuotaExceededError
from flaskr.library import images, usage
from flaskr.library.check import check
from flaskr.library.collect import Keeping, collect
from flaskr.library.faults import Kind
from flaskr.library.usage import UNLIMITED, Quota
from flaskr.models import ImageVersion, User, now
from tests.factories import count_rows, make_blob, make_image, make_user, png
from tests.unit.test_gallery import add_image


def totals(session, owner):
    session.rollback()
    found = session.get_one(User, owner.id, populate_existing=True)
    return found.used_images, found.used_bytes


def test_the_trash_counts_until_it_is_purged(session, ada, bob, media):
    first = make_image(session, ada, png(), store=media.store)
    second = make_image(session, ada, png(number=1), store=media.store)
    sizes = first.bytes, second.bytes
    assert totals(session, ada) == (2, sum(sizes))
    images.delete(session, media, first)
    session.commit()
    assert totals(session, ada) == (2, sum(sizes))
    collect(session, media, Keeping(timedelta(), timedelta()))
    assert totals(session, ada) == (1, sizes[1])
    assert totals(session, bob) == (0, 0)


def test_a_claim_is_refused_with_what_is_in_the_way(session, ada):
    quota = Quota(images=2, bytes=100)
    usage.claim(session, quota, ada.id, bytes=60, images=1)
    with pytest.raises(QuotaExceededError) as told:
        usage.claim(session, quota, ada.id, bytes=41, images=1)
    assert told.value.details == {"used": 60, "limit": 100, "needed": 41}
    usage.claim(session, quota, ada.id, bytes=40, images=1)
    with pytest.raises(ImageQuotaExceededError) as full:
        usage.claim(session, quota, ada.id, bytes=0, images=1)
    assert full.value.details == {"count": 2, "most": 2}
    usage.release(session, ada.id, bytes=40, images=1)
    session.commit()
    assert totals(session, ada) == (1, 60)


def test_an_account_has_a_quota_of_its_own_before_that_of_the_settings(session, ada):
    usage.set_quota(session, ada, images=None, bytes=10)
    session.commit()
    with pytest.raises(QuotaExceededError):
        usage.claim(session, UNLIMITED, ada.id, bytes=11, images=1)
    usage.set_quota(session, ada, images=0, bytes=0)
    session.commit()
    usage.claim(session, Quota(1, 1), ada.id, bytes=11, images=2)
    found = usage.of(session, Quota(1, 1), ada.id)
    assert (found.most_images, found.most_bytes) == (None, None)


def test_what_takes_no_more_room_is_never_refused(session, ada):
    usage.claim(session, UNLIMITED, ada.id, bytes=100, images=5)
    usage.claim(session, Quota(1, 1), ada.id, bytes=-10, images=0)
    assert usage.of(session, UNLIMITED, ada.id).bytes == 90


def test_an_account_that_is_gone_has_no_room(session, ada):
    with pytest.raises(NotFoundError):
        usage.claim(session, UNLIMITED, ada.id + 1, bytes=1, images=1)


def test_a_total_that_is_wrong_is_found_and_mended(session, ada, bob, media):
    image = make_image(session, ada, store=media.store)
    earlier = make_blob(session, store=media.store)
    usage.claim(session, UNLIMITED, ada.id, bytes=earlier.bytes)
    session.add(ImageVersion(image_id=image.id, number=1, blob_id=earlier.id, name="a.png"))
    make_image(session, bob, store=media.store)
    session.commit()
    right = (1, image.bytes + earlier.bytes)
    assert check(session, media).faults == []
    usage.claim(session, UNLIMITED, ada.id, bytes=7, images=3)
    session.commit()
    (fault,) = check(session, media).faults
    assert (fault.kind, fault.name, fault.repaired) == (Kind.WRONG_TOTAL, f"user {ada.id}", False)
    assert check(session, media, repair=True).remaining == []
    assert totals(session, ada) == right
    assert check(session, media).faults == []


def test_parts_are_by_type_and_by_month(session, ada, bob):
    for extension, size, day in [
        ("png", 5, datetime(2026, 1, 31, 23, 59, tzinfo=UTC)),
        ("png", 6, datetime(2026, 2, 1, tzinfo=UTC)),
        ("jpg", 90, datetime(2026, 4, 30, 12, tzinfo=UTC)),
        ("gif", 1, datetime(2025, 4, 30, tzinfo=UTC)),
    ]:
        add_image(session, ada, "a", size=size, extension=extension, created=day)
    add_image(session, ada, "a", size=1000, deleted=now())
    add_image(session, bob, "a", size=1000)
    session.commit()
    assert usage.by_type(session, ada) == [("jpg", 1, 90), ("png", 2, 11), ("gif", 1, 1)]
    months = usage.by_month(session, ada, datetime(2026, 4, 2, tzinfo=UTC), 5)
    assert [(f"{each.month:%Y-%m}", each.images, each.bytes) for each in months] == [
        *(("2025-12", 0, 0), ("2026-01", 1, 5), ("2026-02", 1, 6)),
        *(("2026-03", 0, 0), ("2026-04", 1, 90)),
    ]
    eve = make_user(session, "eve")
    assert usage.by_type(session, eve) == []
    assert sum(month.images for month in usage.by_month(session, eve, now(), 12)) == 0


# ---- the command ----------------------------------------------------------------------------


def test_the_command_sets_and_shows_a_quota(runner, session, ada):
    result = runner.invoke(args=["user", "quota", "ada", "--bytes", "1000", "--images", "5"])
    assert result.output == "0 of 5 pictures\n0 of 1000 bytes\n"
    result = runner.invoke(args=["user", "quota", "ada", "--images", "default"])
    assert result.output == "0 of any number of pictures\n0 of 1000 bytes\n"
    session.refresh(ada)
    assert (ada.quota_images, ada.quota_bytes) == (None, 1000)


@pytest.mark.parametrize("number", ["many", "-1", "1.5", ""])
def test_the_command_refuses_what_is_no_number(runner, session, ada, number):
    result = runner.invoke(args=["user", "quota", "ada", "--bytes", number])
    assert result.exit_code == 2
    assert "is neither a number nor" in result.output
    assert count_rows(session, User) == 1


def test_the_command_says_that_there_is_no_such_account(runner):
    result = runner.invoke(args=["user", "quota", "nobody"])
    assert result.exit_code == 1


def test_room_that_is_made_meanwhile_is_counted(session, ada, monkeypatch):
    quota = Quota(bytes=100)
    usage.claim(session, quota, ada.id, bytes=100)
    compare = usage.compare

    def meanwhile(*given, **more):
        monkeypatch.setattr(usage, "compare", compare)
        usage.release(session, ada.id, bytes=60)
        compare(*given, **more)

    monkeypatch.setattr(usage, "compare", meanwhile)
    usage.claim(session, quota, ada.id, bytes=50)
    session.commit()
    session.refresh(ada)
    assert ada.used_bytes == 90
