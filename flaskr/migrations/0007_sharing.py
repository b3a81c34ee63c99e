"""Shares, drop boxes, public pages, uses of images, drafts and tags of posts"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
EMPTY = sa.text("''")
KEY_IN_ADDRESS = re.compile(r"/([1-9A-HJ-NP-Za-km-z]{12})(?![1-9A-HJ-NP-Za-km-z])")


def upgrade() -> None:
    add_columns()
    add_shares()
    add_drop_boxes()
    add_uses()
    note_uses()


def add_columns() -> None:
    for table, column in (
        ("album", sa.Column("public", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("user", sa.Column("profile", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("user", sa.Column("default_visibility", sa.String(length=8), nullable=True)),
        ("resumable_upload", sa.Column("visibility", sa.String(length=8), nullable=True)),
    ):
        op.add_column(table, column)
    with changing_posts() as post:
        post.add_column(sa.Column("draft", sa.Boolean(), nullable=False, server_default=sa.false()))
        post.add_column(sa.Column("published", MOMENT, nullable=True))
        post.add_column(sa.Column("cover_id", BIG_ID, nullable=True))
        post.create_foreign_key(
            op.f("fk_post_cover_id_image"), "image", ["cover_id"], ["id"], ondelete="SET NULL"
        )
    op.execute("UPDATE post SET published = created")
    op.create_index(op.f("ix_post_cover_id"), "post", ["cover_id"])
    op.create_index("ix_post_published_id", "post", ["published", "id"])
    op.create_table(
        "post_tag",
        sa.Column("post_id", BIG_ID, nullable=False),
        sa.Column("name_key", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        owned_by("post_tag", "post"),
        sa.PrimaryKeyConstraint("post_id", "name_key", name=op.f("pk_post_tag")),
    )
    op.create_index("ix_post_tag_name_key_post_id", "post_tag", ["name_key", "post_id"])


@contextmanager
def changing_posts() -> Iterator[BatchOperations]:
    """Change the table of posts. On SQLite it is made anew, and forgets which ids it gave."""
    database, sqlite = op.get_bind(), op.get_bind().dialect.name == "sqlite"
    given = sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'post'")
    last = database.scalar(given) if sqlite else None
    with op.batch_alter_table("post", table_kwargs={"sqlite_autoincrement": True}) as post:
        yield post
    if last is not None:
        database.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'post'"))
        remember = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('post', :last)")
        database.execute(remember, {"last": last})


def owned_by(table: str, other: str, column: str = "") -> sa.ForeignKeyConstraint:
    """A row goes with the one that `column` names."""
    column = column or f"{other}_id"
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="CASCADE")


def add_shares() -> None:
    op.create_table(
        "share",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=12), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("album_id", BIG_ID, nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("expires", MOMENT, nullable=True),
        sa.Column("most_views", sa.Integer(), nullable=True),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("last_viewed", MOMENT, nullable=True),
        sa.Column("revoked", MOMENT, nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        owned_by("share", "user", "owner_id"),
        sa.ForeignKeyConstraint(
            ["album_id"], ["album.id"], name=op.f("fk_share_album_id_album"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share")),
        sa.UniqueConstraint("key", name=op.f("uq_share_key")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_share_token_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_share_owner_id_id", "share", ["owner_id", "id"])
    op.create_index(op.f("ix_share_album_id"), "share", ["album_id"])

    op.create_table(
        "share_image",
        sa.Column("share_id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        owned_by("share_image", "share"),
        owned_by("share_image", "image"),
        sa.PrimaryKeyConstraint("share_id", "image_id", name=op.f("pk_share_image")),
    )
    op.create_index(op.f("ix_share_image_image_id"), "share_image", ["image_id"])


def add_drop_boxes() -> None:
    op.create_table(
        "drop_box",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=12), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("album_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("expires", MOMENT, nullable=True),
        sa.Column("most_images", sa.Integer(), nullable=True),
        sa.Column("most_bytes", sa.BigInteger(), nullable=True),
        sa.Column("types", sa.String(length=200), nullable=False, server_default=EMPTY),
        sa.Column("needs_approval", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("closed", MOMENT, nullable=True),
        sa.Column("images", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("created", MOMENT, nullable=False),
        owned_by("drop_box", "user", "owner_id"),
        owned_by("drop_box", "album"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drop_box")),
        sa.UniqueConstraint("key", name=op.f("uq_drop_box_key")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_drop_box_token_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_drop_box_owner_id_id", "drop_box", ["owner_id", "id"])
    op.create_index(op.f("ix_drop_box_album_id"), "drop_box", ["album_id"])

    op.create_table(
        "drop_box_image",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("drop_box_id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("sender", sa.String(length=100), nullable=False),
        sa.Column("approved", MOMENT, nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        owned_by("drop_box_image", "drop_box"),
        owned_by("drop_box_image", "image"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drop_box_image")),
        sa.UniqueConstraint("image_id", name=op.f("uq_drop_box_image_image_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_drop_box_image_drop_box_id_id", "drop_box_image", ["drop_box_id", "id"])


def add_uses() -> None:
    op.create_table(
        "document",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("batch", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("rewritten", sa.Integer(), nullable=False),
        sa.Column("left_count", sa.Integer(), nullable=False),
        sa.Column("left", sa.JSON(), nullable=False),
        sa.Column("untold", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("passing", sa.Boolean(), nullable=False),
        owned_by("document", "user", "owner_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_document_owner_id_id", "document", ["owner_id", "id"])
    op.create_index("ix_document_owner_id_name", "document", ["owner_id", "name"])
    op.create_index(op.f("ix_document_batch"), "document", ["batch"])

    op.create_table(
        "image_use",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("post_id", BIG_ID, nullable=True),
        sa.Column("document_id", BIG_ID, nullable=True),
        owned_by("image_use", "user", "owner_id"),
        owned_by("image_use", "image"),
        owned_by("image_use", "post"),
        owned_by("image_use", "document"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_use")),
        sa.UniqueConstraint("post_id", "image_id", name=op.f("uq_image_use_post_id")),
        sa.UniqueConstraint("document_id", "image_id", name=op.f("uq_image_use_document_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_image_use_owner_id"), "image_use", ["owner_id"])
    op.create_index(op.f("ix_image_use_image_id"), "image_use", ["image_id"])


def note_uses() -> None:
    """Note which images the posts mention, code or not: the program looks closer at each change."""
    database = op.get_bind()
    post, image, use = (
        sa.table("post", *map(sa.column, ("id", "author_id", "body"))),
        sa.table("image", *map(sa.column, ("id", "key"))),
        sa.table("image_use", *map(sa.column, ("owner_id", "image_id", "post_id"))),
    )
    posts = database.execute(sa.select(post.c.id, post.c.author_id).order_by(post.c.id)).all()
    for id_, author_id in posts:
        body = database.scalar(sa.select(post.c.body).where(post.c.id == id_)) or ""
        for key in set(KEY_IN_ADDRESS.findall(body)):
            image_id = database.scalar(sa.select(image.c.id).where(image.c.key == key))
            if image_id is not None:
                values = {"owner_id": author_id, "image_id": image_id, "post_id": id_}
                database.execute(use.insert().values(values))


def downgrade() -> None:
    for table in (
        *("image_use", "document", "drop_box_image", "drop_box"),
        *("share_image", "share", "post_tag"),
    ):
        op.drop_table(table)
    op.drop_index("ix_post_published_id", table_name="post")
    op.drop_index(op.f("ix_post_cover_id"), table_name="post")
    with changing_posts() as post:
        for column in ("cover_id", "published", "draft"):
            post.drop_column(column)
    for table, column in (
        ("resumable_upload", "visibility"),
        *(("user", "default_visibility"), ("user", "profile"), ("album", "public")),
    ):
        op.drop_column(table, column)
