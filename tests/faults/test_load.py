"""Whoever harms the server harms nobody else."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from flaskr.library.variants import LADDER
from tests.factories import encode, noise
from tests.faults.load import Visitor, dripping
from tests.hostile.corpus import png
from tests.serving import DECODER, PATIENCE, pss

MIB = 1024 * 1024
DECODE_BYTES = 65 * MIB
"""What one decode takes at its peak (12 megapixels)."""


def test_two_hundred_slow_bodies_stop_nobody(site, caller):
    with Visitor(caller) as visitor, dripping(caller, 200) as lines:
        until, numbers = time.monotonic() + 3, count()
        while time.monotonic() < until:
            content = encode(noise(60, 60, next(numbers)), "PNG")
            assert caller.upload(content).status == 201
    assert len(lines) == 200
    assert visitor.seconds
    assert visitor.failed == []


def test_many_who_ask_for_a_new_variant_get_one_making(make_site):
    from tests.faults.conftest import enter

    site = make_site(DECODERS="4")
    site.start()
    caller = enter(site)
    taken = caller.upload(encode(noise(1200, 900), "JPEG", quality=90)).json
    (worker,) = site.workers()
    before = pss(worker)
    decoders = site.processes(DECODER)
    with ThreadPoolExecutor(64) as everybody:
        path = taken["path"].replace(".jpg", ".webp") + "?w=960"
        answers = list(everybody.map(caller.get, [path] * 64))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    # A second making at the same time would have needed a second child process.
    assert site.processes(DECODER) == decoders
    assert len(list((site.instance / "files").glob("variants/*/*/w960.webp"))) == 1
    assert pss(worker) - before < DECODE_BYTES


def test_many_who_ask_for_many_new_variants_stop_nobody(make_site):
    from tests.faults.conftest import enter

    site = make_site(DECODERS="1")
    site.start()
    caller = enter(site)
    stem = caller.upload(png(7_000, 7_000, depth=8, color=2)).json["path"].rpartition(".")[0]
    asked = [
        f"{stem}.{extension}?{side}={size}{more}"
        for extension in ("webp", "avif", "png")
        for size in LADDER
        for side, more in (("w", ""), ("w", f"&h={size}&fit=cover"))
    ]
    with Visitor(caller) as visitor, ThreadPoolExecutor(300) as everybody:
        answers = list(everybody.map(caller.get, (asked * 3)[:300]))
        seen = len(visitor.seconds)
    assert seen
    assert visitor.failed == []
    assert {answer.status for answer in answers} == {200, 503}
    refused = [answer for answer in answers if answer.status == 503]
    assert all("Retry-After" in answer.headers for answer in refused)
    assert list((site.instance / "files" / "incoming").iterdir()) == []


def test_no_child_outlives_the_web_process_it_worked_for(site, caller):
    assert caller.upload(encode(noise(60, 60), "PNG")).status == 201
    (worker,) = site.workers()
    orphans = site.processes(DECODER)
    assert orphans
    os.kill(worker, signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while set(orphans) & set(site.processes(DECODER)):
        assert time.monotonic() < until
        time.sleep(0.02)
    site.wait_until_ready()  # a new one takes its place
    assert caller.upload(encode(noise(61, 60), "PNG")).status == 201
