"""Odd, broken and hostile files to a real server: each is taken or refused, none does harm."""

from concurrent.futures import ThreadPoolExecutor

from tests.calling import Caller
from tests.hostile.corpus import ACCEPT, REJECT, HostileFile, bombs, files, polyglots
from tests.serving import pss

MIB = 1024 * 1024
LANES = 4
ANSWERS = {ACCEPT: {200, 201}, REJECT: {413, 415, 422}, "either": {200, 201, 415, 422}}


def test_every_file_is_taken_or_refused_as_its_label_says(caller: Caller):
    def send(file: HostileFile) -> str | None:
        answer = caller.upload(file.content, "picture.jpg")
        if answer.status in ANSWERS[file.label]:
            return None
        return f"{file.name}: {answer.status} {answer.content[:200]!r}, wanted {file.label}"

    hostile = list(files())
    assert len(hostile) >= 400
    with ThreadPoolExecutor(LANES) as lanes:
        assert [wrong for wrong in lanes.map(send, hostile) if wrong] == []


def test_what_is_more_than_a_picture_is_served_as_a_picture(caller: Caller):
    for name, content, _ in polyglots():
        taken = caller.upload(content, f"{name}.php.html")
        if taken.status != 201:
            continue
        for method in ("GET", "HEAD"):
            answer = caller.call(method, taken.json["path"])
            assert answer.status == 200
            assert answer.headers["Content-Type"] == taken.json["type"]
            assert answer.headers["Content-Type"].startswith("image/")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "sandbox" in policy
        if "palette" not in name:  # colours stay, whatever they spell
            for tail in (b"<script", b"<?php", b"PK\x03\x04", b"%PDF"):
                assert tail not in caller.get(taken.json["path"]).content


def test_fifty_bombs_at_once_leave_the_server_as_it_was(caller: Caller):
    site = caller.site
    (worker,) = site.workers()
    sent = [content for _, content, label in bombs() if label == REJECT]
    sent = (sent * 3)[:50]
    before = pss(worker)
    with ThreadPoolExecutor(50) as everybody:
        uploads = [everybody.submit(caller.upload, content) for content in sent]
        pages = 0
        while pages < 20 or not all(upload.done() for upload in uploads):
            assert caller.get("/auth/login").status == 200
            pages += 1
        statuses = {upload.result().status for upload in uploads}
    assert statuses == {422}
    assert site.workers() == [worker]
    assert pss(worker) - before < 64 * MIB
