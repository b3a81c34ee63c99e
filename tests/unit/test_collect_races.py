"""Delete, collect and upload again, all at once, in several processes: nobody loses bytes."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

from flaskr.db import db
from flaskr.imaging import DecodePool
from flaskr.library import images
from flaskr.library.check import check
from flaskr.library.collect import Keeping, collect
from flaskr.library.media import Media, blob_name, local_media
from flaskr.models import Blob, Image, User
from flaskr.storage import MissingFileError
from flaskr.transactions import prepare_sessions, prepare_sqlite
from tests.factories import count_rows, png
from tests.unit.uploading import upload

UPLOADERS = 3
ROUNDS = 350
AT_ONCE = Keeping(trash=timedelta(0), grace=timedelta(0))


def open_sessions(database: str) -> sessionmaker[Session]:
    engine = create_engine(f"sqlite:///{database}")
    prepare_sqlite(engine)
    sessions = sessionmaker(engine)
    prepare_sessions(sessions)
    return sessions


def open_media(folder: str) -> Media:
    return local_media(Path(folder), DecodePool(1), "a key for tests")


def upload_and_delete(database: str, folder: str, user_id: int, rounds: int, start: Event) -> None:
    """Upload the same few pictures again and again; each is there until it is deleted."""
    media, sessions = open_media(folder), open_sessions(database)
    start.wait()
    for number in range(rounds):
        content = png(number=number % 2)
        with sessions() as session:
            owner = session.get_one(User, user_id)
            key = upload(session, media, owner, content).image.key
            found = Image.direct(session, key)
            assert found is not None
            assert media.store.read(blob_name(found.sha256)) == content
            images.delete(session, media, images.find(session, key))
            session.commit()
    sessions.kw["bind"].dispose()


def collect_until(database: str, folder: str, start: Event, stop: Event, collected) -> None:
    media, sessions = open_media(folder), open_sessions(database)
    start.wait()
    while not stop.is_set():
        with sessions() as session:
            collected.value += collect(session, media, AT_ONCE).blobs
            check(session, media, repair=True)
    sessions.kw["bind"].dispose()


def rows_without_bytes(session: Session, media: Media) -> list[str]:
    missing = []
    for sha256 in session.scalars(select(Blob.sha256)):
        try:
            media.store.stat(blob_name(sha256))
        except MissingFileError:
            missing.append(sha256)
    return missing


@pytest.mark.usefixtures("app")
def test_delete_collect_and_upload_again_in_several_processes_never_lose_bytes(
    instance, session, ada, media
):
    context = multiprocessing.get_context("spawn")
    start, stop = context.Event(), context.Event()
    collected = context.Value("i", 0)
    places = str(instance / "tuchuang.sqlite3"), str(instance / "files")
    uploaders = [
        context.Process(target=upload_and_delete, args=(*places, ada.id, ROUNDS, start))
        for _ in range(UPLOADERS)
    ]
    collector = context.Process(target=collect_until, args=(*places, start, stop, collected))
    for process in (*uploaders, collector):
        process.start()
    start.set()
    for process in uploaders:
        process.join()
    stop.set()
    collector.join()
    assert [process.exitcode for process in (*uploaders, collector)] == [0] * (UPLOADERS + 1)
    assert collected.value > 0
    assert rows_without_bytes(session, media) == []
    session.rollback()
    collect(session, media, AT_ONCE)
    assert (count_rows(session, Image), count_rows(session, Blob)) == (0, 0)
    assert list(media.store.list()) == []


def test_sixteen_uploads_of_one_picture_at_once_make_one_blob(app, session, ada, media):
    together = Barrier(16)

    def upload_one(_: int) -> str:
        with app.app_context(), db.sessionmaker() as own:
            owner = own.get_one(User, ada.id)
            together.wait()
            return str(upload(own, media, owner, png()).image.key)

    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(upload_one, range(16)))
    assert (count_rows(session, Blob), count_rows(session, Image)) == (1, 16)
    for key in keys[1:]:
        images.delete(session, media, images.find(session, key))
    session.commit()
    assert collect(session, media, AT_ONCE).images == 15
    assert images.find(session, keys[0]).blob.bytes == len(png())
    assert rows_without_bytes(session, media) == []
