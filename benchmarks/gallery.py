"""How quick are the gallery and its searches among 1,000, 100,000 and 1,000,000 images?

    python benchmarks/gallery.py             some five minutes, most of them for making the rows
    python benchmarks/gallery.py --quick     fewer rounds

On SQLite. An eighth of the rows (but at least 1,000) are one user's, who is the one that asks; the
others' have the same kind of names. Pages are of 60 images. The sizes take turns in each round.
"""

from __future__ import annotations

import argparse
import hashlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import TYPE_CHECKING

from report import Goal, Result, load_average, save

if TYPE_CHECKING:
    from flask import Flask

SIZES = (1_000, 100_000, 1_000_000)
PAGE = 60
TIMES, MOST_MS, MOST_HTML_MS = 1.2, 50, 15
SHARE = 0.128
LEAST = 1_000
START = datetime(2016, 1, 1, tzinfo=UTC)
ENGLISH = """
    beach sunset mountain river kitchen birthday garden winter summer holiday dog cat horse bridge
    castle market station harbour forest meadow village street window portrait family friends
    wedding concert museum dinner breakfast coffee bicycle train airport island lake
""".split()  # noqa: SIM905 - a list of words is quicker read than a list of strings
CHINESE = """
    海边 日落 山峰 河流 厨房 生日 花园 冬天 夏天 假期 小狗 小猫 马匹 大桥 城堡 市场 车站 港口
    森林 草地 村庄 街道 窗户 肖像 家人 朋友 婚礼 音乐会 博物馆 晚餐 早餐 咖啡 自行车 火车
    机场 岛屿 湖泊 长城 故宫 西湖
""".split()  # noqa: SIM905
RARE = ("zugspitze", "kookaburra", "钟乳石", "xq7")
"""Words that 1 of some 20,000 images is called after."""

ASKED = {
    "common word": [*ENGLISH, "img", "screenshot", "jpg", "2016", "2017", "微信图片", "音乐会"],
    "rare word": [*RARE, "kooka", "nowhere", "20160105_12", "2016-01-05", "beach dog wedding"],
    "two characters": [*(word for word in CHINESE if len(word) == 2), "图片", "xq", "zz", "钟乳"],
}
ABOUT = (
    "Of the rows 12.8 % (but at least 1,000) are the library that is asked, 51 users have the "
    "others. Pages: medians, as `library.gallery` gives them and as the app answers a browser, "
    "without a server between. Searches, newest and largest first: the 95th percentile."
)


def names(random: Random) -> Iterator[tuple[str, str, str]]:
    """Names, titles and tags as people's phones and people give them."""
    moment = START
    while True:
        moment += timedelta(seconds=random.randrange(1, 500))
        kind = random.random()
        if kind < 0.4:
            name = f"IMG_{moment:%Y%m%d_%H%M%S}.jpg"
        elif kind < 0.55:
            name = f"Screenshot {moment:%Y-%m-%d} at {moment:%H.%M.%S}.png"
        elif kind < 0.7:
            name = f"微信图片_{moment:%Y%m%d%H%M%S}.jpg"
        elif kind < 0.85:
            name = f"{random.choice(CHINESE)}{random.choice(CHINESE)} {random.randrange(1000)}.jpg"
        else:
            name = f"{random.choice(ENGLISH)}-{random.choice(ENGLISH)}-{random.randrange(1000)}.jpg"
        title = ""
        if random.random() < 0.2:
            title = " ".join(random.choices(ENGLISH + CHINESE, k=3))
        if random.random() < 0.0002:
            title = random.choice(RARE)
        tags = " ".join(random.sample(ENGLISH, k=random.randrange(3)))
        yield name, title, tags


def fill(path: Path, rows: int) -> None:
    """Write blobs and images into a new database; the user whose library is asked has the id 1."""
    from flaskr.library.keys import new_key
    from flaskr.library.search import name_key, search_text

    random = Random(6)
    own = max(LEAST, int(rows * SHARE))
    made = names(random)

    def blobs() -> Iterator[tuple]:
        for number in range(1, rows + 1):
            sha256 = hashlib.sha256(b"%d" % number).hexdigest()
            size = random.randrange(50_000, 5_000_000)
            phash = random.getrandbits(64) - (1 << 63)
            extension = random.choices(("jpg", "png", "gif"), (80, 19, 1))[0]
            type_ = "image/jpeg" if extension == "jpg" else f"image/{extension}"
            yield number, sha256, sha256[:32], size, type_, extension, 4000, 3000, 1, START, phash

    def images() -> Iterator[tuple]:
        moment = START
        for number in range(1, rows + 1):
            moment += timedelta(seconds=200)
            owner = 1 if number * own // rows > (number - 1) * own // rows else 2 + number % 50
            name, title, tags = next(made)
            text = search_text(name, title, "", tags.split())
            yield (
                *(number, new_key(), owner, number, name, "unlisted", "", str(moment)[:-6]),
                *(title, "", name_key(name), text, str(moment)[:-6]),
            )

    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -200000")
        triggers = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:  # the index of texts is made at once, which is quicker
            database.execute(f"DROP TRIGGER {name}")
        database.executemany(
            "INSERT INTO user (id, username, name_key, password_hash, is_admin, session_version, "
            "created) VALUES (?, ?, ?, '', 0, 1, '2016-01-01')",
            [(number, f"user{number}", f"user{number}") for number in range(1, 52)],
        )
        database.executemany(
            "INSERT INTO blob (id, sha256, md5, bytes, type, extension, width, height, frames, "
            "created, phash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            blobs(),
        )
        database.executemany(
            "INSERT INTO image (id, key, owner_id, blob_id, name, visibility, deletion_sha256, "
            "created, title, alt, name_key, search_text, changed) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            images(),
        )
        database.execute(
            "UPDATE image SET (bytes, extension) = "
            "(SELECT bytes, extension FROM blob WHERE blob.id = blob_id)"
        )
        database.execute("INSERT INTO image_search(image_search) VALUES ('rebuild')")
        for _, sql in triggers:
            database.execute(sql)
        database.commit()


# -- what is measured ----------------------------------------------------------


def make_library(folder: Path, rows: int) -> Flask:
    from flaskr import create_app
    from flaskr.db import db, upgrade
    from flaskr.models import Base

    folder.mkdir()
    app = create_app({"INSTANCE_PATH": folder, "SECRET_KEY": "bench", "RATE_LIMITS": False})
    with app.app_context():
        upgrade(Base.metadata)
        db.engine.dispose()
    fill(folder / "tuchuang.sqlite3", rows)
    return app


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def measure(app: Flask, times: dict[str, list[float]]) -> None:
    """One round of everything on one library; adds to `times`, in milliseconds."""
    from flask_login import FlaskLoginClient

    from flaskr.db import db
    from flaskr.library.gallery import EVERYTHING, FIRST, LAST, Filter, Sort, list_page
    from flaskr.models import User
    from flaskr.web.users import SessionUser

    app.test_client_class = FlaskLoginClient
    with app.app_context():
        session = db.session
        owner = session.get_one(User, 1)
        browser = app.test_client(user=SessionUser(owner))
        host = {"base_url": "http://localhost"}

        def page(
            wanted: Filter = EVERYTHING, sort: Sort = Sort.NEWEST, cursor: str = FIRST
        ) -> Callable[[], object]:
            return lambda: list_page(session, owner, wanted, sort, cursor, size=PAGE)

        def html(cursor: str) -> None:
            answer = browser.get("/tuchuang/images", query_string={"cursor": cursor}, **host)
            if answer.status_code != 200 or answer.data.count(b"<img") < PAGE:
                raise SystemExit(f"the gallery answers with {answer.status}")

        for _ in range(10):
            for name, cursor in (("first page", FIRST), ("last page", LAST)):
                for sort in (Sort.NEWEST, Sort.LARGEST, Sort.NAME):
                    times[name].append(timed(page(sort=sort, cursor=cursor)))
                times[f"{name}, HTML"].append(timed(lambda cursor=cursor: html(cursor)))
        for kind, words in ASKED.items():
            for word in words:
                for sort in (Sort.NEWEST, Sort.LARGEST):
                    times[kind].append(timed(page(Filter(text=word), sort)))


def late(times: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(times, n=20)[-1]


def tell(found: dict[int, dict[str, list[float]]], load: float) -> None:
    """Print and keep the figures, and what they mean for the goals."""
    least, most = min(found), max(found)
    figures = {
        rows: {
            name: late(taken) if name in ASKED else median(taken) for name, taken in times.items()
        }
        for rows, times in found.items()
    }
    goals = []
    for name in ("first page", "last page", "first page, HTML", "last page, HTML"):
        ratio = figures[most][name] / figures[least][name]
        aim = f"P8: {name}, {most:,} images: ≤ {TIMES} × that of {least:,}"
        goals.append(Goal(aim, f"{ratio:.2f} ×", ratio <= TIMES))
    for name in ASKED:
        reached = figures[most][name]
        aim = f"P8: search for a {name}, {most:,} images: p95 ≤ {MOST_MS} ms"
        goals.append(Goal(aim.replace("a two", "two"), f"{reached:.1f} ms", reached <= MOST_MS))
    for name in ("first page, HTML", "last page, HTML"):
        reached = figures[most][name]
        goals.append(
            Goal(f"P12: {name}: ≤ {MOST_HTML_MS} ms", f"{reached:.1f} ms", reached <= MOST_HTML_MS)
        )
    names = list(figures[most])
    rows = [
        [f"{rows:,}", *(f"{figures[rows][name]:.2f}" for name in names)] for rows in sorted(found)
    ]
    head = ["images", *(f"{name}, {'p95 ms' if name in ASKED else 'ms'}" for name in names)]
    save(Result("4-gallery", "The gallery and its searches", head, rows, goals, [ABOUT]), load)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="2 rounds rather than 7")
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES, help="sizes of libraries")
    arguments = parser.parse_args()
    load = load_average()
    with tempfile.TemporaryDirectory() as folder:
        apps = {}
        for rows in arguments.rows:
            print(f"making {rows:,} rows", file=sys.stderr)
            apps[rows] = make_library(Path(folder, str(rows)), rows)
        names = ["first page", "first page, HTML", "last page", "last page, HTML", *ASKED]
        found: dict[int, dict[str, list[float]]] = {
            rows: {name: [] for name in names} for rows in apps
        }
        for app in apps.values():  # a first round, which does not count
            measure(app, {name: [] for name in names})
        for turn in range(2 if arguments.quick else 7):
            print(f"round {turn + 1}", file=sys.stderr)
            for rows, app in apps.items():
                measure(app, found[rows])
    tell(found, load)


if __name__ == "__main__":
    main()
