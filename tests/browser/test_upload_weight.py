"""What the upload page weighs on the wire, where a proxy compresses it."""

import gzip

import pytest
from playwright.sync_api import Response

from tests.browser.uploading import UPLOAD

pytestmark = pytest.mark.browser

MOST = 60_000
COMPRESSED = ("text/", "application/json", "image/svg+xml", "image/vnd.microsoft.icon")


def test_the_upload_page_is_light_and_asks_nobody_else(desk, site):
    answers: list[Response] = []
    desk.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it keeps notes on it
    desk.goto(UPLOAD, wait_until="networkidle")
    weights = {}
    for answer in answers:
        assert answer.url.startswith((site.url, "blob:")), answer.url
        body = answer.body()
        is_text = answer.headers.get("content-type", "").startswith(COMPRESSED)
        weights[answer.url] = len(gzip.compress(body, 6)) if is_text else len(body)
    assert sum(weights.values()) <= MOST, weights
