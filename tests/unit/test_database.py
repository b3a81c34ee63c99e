"""Migrations: they lead to the models, and back, and keep the rows."""

import sqlite3
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from sqlalchemy import inspect, select, text

from flaskr.db import (
    OutdatedSchemaError,
    current_revision,
    db,
    downgrade,
    expected_revision,
    migrations,
    require_current_schema,
    upgrade,
)
from flaskr.models import Base, Image, ImageUse, Post, User
from tests.factories import count_rows, make_image, make_post, make_token, make_user


@pytest.fixture
def context(app):
    with app.app_context():
        yield


@pytest.fixture
def filled(session):
    """A row in every table."""
    user = make_user(session)
    make_post(session, user)
    make_image(session, user)
    make_token(session, user)


def test_expected_revision_is_the_head_that_alembic_finds(context):
    heads = [script.revision for script in migrations(Base.metadata).heads()]
    assert heads == [expected_revision()]


def test_migrations_lead_to_exactly_what_the_models_say(context):
    alembic = migrations(Base.metadata)
    differences = compare_metadata(alembic.migration_contexts["default"], Base.metadata)
    db.engine.dispose()
    assert differences == []


def test_upgrading_what_is_up_to_date_does_nothing(context, instance):
    assert upgrade(Base.metadata) is None
    assert not list(instance.glob("*before-upgrade*"))


def test_a_new_database_is_upgraded_without_a_copy(make_app, tmp_path):
    (tmp_path / "new").mkdir()
    app = make_app(INSTANCE_PATH=tmp_path / "new")
    with app.app_context():
        assert current_revision() is None
        assert upgrade(Base.metadata) is None
        assert current_revision() == expected_revision()


def test_down_to_nothing_and_up_again_with_the_rows_in_a_copy(context, filled, session):
    session.close()
    copy = downgrade(Base.metadata, "base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    assert current_revision() is None

    upgrade(Base.metadata)
    assert current_revision() == expected_revision()
    assert count_rows(session, User) == 0
    assert copy is not None
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT username FROM user").fetchall() == [("ada",)]
        assert kept.execute("SELECT count(*) FROM image").fetchone() == (1,)
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_library_from_before_albums_is_filled_in(context, session):
    ada = make_user(session)
    kept = make_image(session, ada, name="Ｂeach 图片.PNG")
    gone = make_image(session, ada, name="cat.png", deleted=True)
    sizes = kept.bytes + gone.bytes
    session.close()
    downgrade(Base.metadata, "0005")
    upgrade(Base.metadata)
    image = session.get_one(Image, kept.id)
    assert (image.name_key, image.search_text) == ("beach 图片.png", "beach 图片.png")
    assert (image.bytes, image.extension) == (image.blob.bytes, "png")
    assert (image.version, image.revision, image.changed) == (1, 1, image.created)
    user = session.get_one(User, ada.id)
    assert (user.used_images, user.used_bytes) == (2, sizes)
    found = session.execute(
        text("SELECT rowid FROM image_search WHERE image_search MATCH :g"), {"g": '"图\x1f片"'}
    )
    assert found.scalars().all() == [(ada.id << 36) + kept.id]


def test_posts_from_before_drafts_are_published_and_ids_stay_given(context, session):
    ada = make_user(session)
    post, gone = make_post(session, ada), make_post(session, ada)
    session.delete(gone)
    session.commit()
    session.close()
    downgrade(Base.metadata, "0006")
    upgrade(Base.metadata)
    kept = session.get_one(Post, post.id)
    assert (kept.draft, kept.published, kept.body) == (False, kept.created, post.body)
    assert make_post(session, session.get_one(User, ada.id)).id == gone.id + 1


def test_images_that_earlier_posts_mention_are_known_to_be_used(context, session):
    ada = make_user(session)
    shown, other = make_image(session, ada), make_image(session, ada)
    address = f"http://localhost/tuchuang/download/{shown.key}.png"
    post = make_post(session, ada, body=f"![a]({address}) ![b]({address}) /no/{'1' * 12}")
    ids = (ada.id, shown.id, post.id)
    session.close()
    downgrade(Base.metadata, "0006")
    upgrade(Base.metadata)
    uses = session.execute(select(ImageUse.owner_id, ImageUse.image_id, ImageUse.post_id)).all()
    assert [tuple(use) for use in uses] == [ids]
    assert other.id != shown.id


def test_the_index_of_texts_follows_the_rows(context, session):
    ada = make_user(session)
    image = make_image(session, ada, name="cat.png")

    def found(gram):
        query = text("SELECT rowid & 68719476735 FROM image_search WHERE image_search MATCH :gram")
        return session.execute(query, {"gram": f'"{gram[0]}\x1f{gram[1]}"'}).scalars().all()

    assert (found("ca"), found("do")) == ([image.id], [])
    image.search_text = "dog"
    session.commit()
    assert (found("ca"), found("do")) == ([], [image.id])
    session.delete(session.get_one(User, ada.id))
    session.commit()
    assert found("do") == []
    session.execute(text("INSERT INTO image_search(image_search) VALUES ('integrity-check')"))


def test_the_copy_is_as_private_as_the_database(context, filled, session, instance):
    session.close()
    (instance / "tuchuang.sqlite3").chmod(0o600)
    copy = downgrade(Base.metadata, "base")
    assert copy is not None
    assert copy.stat().st_mode & 0o777 == 0o600


def set_revision(revision: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def test_a_schema_that_is_behind_is_refused_with_the_command_to_run(context):
    set_revision("0000")
    with pytest.raises(OutdatedSchemaError, match=r"revision 0000.*Run: tuchuang db upgrade$"):
        require_current_schema()


def test_a_schema_of_a_newer_program_is_refused(context):
    set_revision("9999")
    with pytest.raises(OutdatedSchemaError, match="newer than this program"):
        require_current_schema()


def test_a_database_without_tables_is_refused(make_app, tmp_path):
    (tmp_path / "new").mkdir()
    app = make_app(INSTANCE_PATH=tmp_path / "new")
    with app.app_context(), pytest.raises(OutdatedSchemaError, match="has no tables yet"):
        require_current_schema()


def test_a_current_schema_is_accepted(context):
    require_current_schema()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 4_000)],
)
def test_sqlite_is_told_what_makes_it_safe(context, pragma, value):
    with db.engine.connect() as connection:
        assert connection.scalar(text(f"PRAGMA {pragma}")) == value


def test_an_id_is_never_given_twice(session, ada):
    first = make_post(session, ada).id
    session.delete(session.get(Post, first))
    session.commit()
    assert make_post(session, ada).id > first


def test_moments_come_back_in_utc(session, ada):
    written = ada.created
    session.expire_all()
    assert ada.created.utcoffset() is not None
    assert ada.created == written
