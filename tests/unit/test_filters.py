"""How sizes and moments are printed."""

from datetime import UTC, datetime

import pytest

from flaskr.web.filters import filesize, limitsize, medium_date, medium_datetime


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (1023, "1023 B"),
        (1024, "1 KB"),
        (1536, "1.5 KB"),
        (100 * 1024, "100 KB"),
        (3_565_158, "3.4 MB"),
        (32 * 1024**2, "32 MB"),
        (5 * 1024**3, "5 GB"),
        (2 * 1024**4, "2 TB"),
        (5000 * 1024**4, "5000 TB"),
    ],
)
def test_a_size_is_printed_with_its_unit(app, number, printed):
    with app.test_request_context():
        assert filesize(number).replace(",", "") == printed


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        (0, "0 B"),
        (1000, "1,000 B"),
        (1024, "1 KB"),
        (1536, "1.5 KB"),
        (100_000, "100,000 B"),
        (32 * 1024**2, "32 MB"),
        (32_000_000, "32,000,000 B"),
        (1024**2 + 1, "1,048,577 B"),
    ],
)
def test_a_limit_is_printed_so_that_it_is_known_again(app, number, printed):
    with app.test_request_context():
        assert limitsize(number) == printed


def test_a_moment_is_printed_in_the_language_of_the_page(app):
    moment = datetime(2026, 11, 21, 8, 5, tzinfo=UTC)
    with app.test_request_context():
        assert medium_date(moment) == "Nov 21, 2026"
        assert medium_datetime(moment).startswith("Nov 21, 2026")
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        assert medium_date(moment) == "2026年11月21日"
