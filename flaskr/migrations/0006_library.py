"""Albums, tags, versions, search, quotas"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EMPTY = sa.text("''")
LIVING = sa.text("deleted IS NULL")
TRASHED = sa.text("deleted IS NOT NULL")
EXPIRING = sa.text("expires IS NOT NULL")

# SQLite's trigrams find no word under three characters, which most Chinese words are. So the text
# is indexed once more with U+001F before, between and after its characters: every pair of them is a
# trigram then, and every single one. The numbers of the entries start with the owner's, so that a
# search in one library reads that part of the index alone. See docs/adr/0014-search.md.
#
# A migration that makes the table `image` anew has to drop the view before and to create the view
# and the triggers after.
SEARCH = (
    """
    CREATE VIEW image_search_source AS
    SELECT image.id AS image_id, (image.owner_id << 36) | image.id AS search_id,
    image.search_text || char(31) || (
      WITH RECURSIVE place(at) AS (
        SELECT 1 UNION ALL SELECT at + 1 FROM place WHERE at < length(image.search_text)
      )
      SELECT group_concat(substr(image.search_text, at, 1), char(31)) FROM place
    ) || char(31) AS grams
    FROM image
    """,
    """
    CREATE VIRTUAL TABLE image_search USING fts5(
      grams, content='image_search_source', content_rowid='search_id',
      tokenize='trigram case_sensitive 1', detail=none, columnsize=0
    )
    """,
    """
    CREATE TRIGGER image_search_insert AFTER INSERT ON image BEGIN
      INSERT INTO image_search(rowid, grams)
      SELECT search_id, grams FROM image_search_source WHERE image_id = new.id;
    END
    """,
    """
    CREATE TRIGGER image_search_before_update
    BEFORE UPDATE OF id, owner_id, search_text ON image BEGIN
      INSERT INTO image_search(image_search, rowid, grams)
      SELECT 'delete', search_id, grams FROM image_search_source WHERE image_id = old.id;
    END
    """,
    """
    CREATE TRIGGER image_search_after_update
    AFTER UPDATE OF id, owner_id, search_text ON image BEGIN
      INSERT INTO image_search(rowid, grams)
      SELECT search_id, grams FROM image_search_source WHERE image_id = new.id;
    END
    """,
    """
    CREATE TRIGGER image_search_delete BEFORE DELETE ON image BEGIN
      INSERT INTO image_search(image_search, rowid, grams)
      SELECT 'delete', search_id, grams FROM image_search_source WHERE image_id = old.id;
    END
    """,
)


def upgrade() -> None:
    add_columns()
    fill_columns()
    add_indexes()
    add_tables()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        op.create_index(
            "image_search",
            "image",
            ["search_text"],
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        )
    else:
        for statement in SEARCH:
            op.execute(statement)
        op.execute("INSERT INTO image_search(image_search) VALUES ('rebuild')")


def add_columns() -> None:
    for column in (
        sa.Column("title", sa.String(length=200), nullable=False, server_default=EMPTY),
        sa.Column("alt", sa.String(length=1000), nullable=False, server_default=EMPTY),
        sa.Column("bytes", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("extension", sa.String(length=8), nullable=False, server_default=EMPTY),
        sa.Column("name_key", sa.String(length=255), nullable=False, server_default=EMPTY),
        sa.Column("search_text", sa.Text(), nullable=False, server_default=EMPTY),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("image", column)
    for column in (
        sa.Column("used_images", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("used_bytes", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("quota_images", sa.Integer(), nullable=True),
        sa.Column("quota_bytes", sa.BigInteger(), nullable=True),
    ):
        op.add_column("user", column)
    op.add_column("blob", sa.Column("phash", sa.BigInteger(), nullable=True))


def fill_columns() -> None:
    op.execute(
        "UPDATE image SET changed = created, "
        "bytes = (SELECT blob.bytes FROM blob WHERE blob.id = image.blob_id), "
        "extension = (SELECT blob.extension FROM blob WHERE blob.id = image.blob_id)"
    )
    op.execute(
        'UPDATE "user" SET '
        'used_images = (SELECT count(*) FROM image WHERE image.owner_id = "user".id), '
        "used_bytes = (SELECT coalesce(sum(image.bytes), 0) FROM image "
        'WHERE image.owner_id = "user".id)'
    )
    connection, last = op.get_bind(), 0
    some = sa.text("SELECT id, name FROM image WHERE id > :last ORDER BY id LIMIT 1000")
    fill = sa.text("UPDATE image SET name_key = :key, search_text = :text WHERE id = :id")
    while rows := connection.execute(some, {"last": last}).all():
        texts = [(row.id, fold(row.name)) for row in rows]
        connection.execute(
            fill, [{"id": id_, "key": text[:255], "text": text} for id_, text in texts]
        )
        last = rows[-1].id


def fold(text: str) -> str:
    """As library.search did when this was written."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    printable = (" " if unicodedata.category(each) == "Cc" else each for each in folded)
    return " ".join("".join(printable).split())


def add_indexes() -> None:
    op.drop_index("ix_image_owner_id_id", table_name="image")
    for name, leading in (
        ("ix_image_owner_id_id", ["owner_id", "id"]),
        ("ix_image_owner_id_bytes", ["owner_id", "bytes", "id"]),
        ("ix_image_owner_id_name_key", ["owner_id", "name_key", "id"]),
    ):
        op.create_index(
            name,
            "image",
            [*leading, "created", "extension", "visibility"],
            sqlite_where=LIVING,
            postgresql_where=LIVING,
        )
    op.create_index(
        "ix_image_owner_id_deleted",
        "image",
        ["owner_id", "deleted", "id"],
        sqlite_where=TRASHED,
        postgresql_where=TRASHED,
    )
    op.create_index(
        "ix_image_owner_id_expires",
        "image",
        ["owner_id", "expires", "id"],
        sqlite_where=EXPIRING,
        postgresql_where=EXPIRING,
    )


def add_tables() -> None:
    op.create_table(
        "image_version",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("blob_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["blob_id"],
            ["blob.id"],
            name=op.f("fk_image_version_blob_id_blob"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_image_version_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_version")),
        sa.UniqueConstraint("image_id", "number", name=op.f("uq_image_version_image_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_image_version_blob_id"), "image_version", ["blob_id"])

    op.create_table(
        "album",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=12), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("cover_id", BIG_ID, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cover_id"], ["image.id"], name=op.f("fk_album_cover_id_image"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_album_owner_id_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["album.id"], name=op.f("fk_album_parent_id_album")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_album")),
        sa.UniqueConstraint("key", name=op.f("uq_album_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_album_owner_id_parent_id", "album", ["owner_id", "parent_id"])
    op.create_index(op.f("ix_album_parent_id"), "album", ["parent_id"])
    op.create_index(op.f("ix_album_cover_id"), "album", ["cover_id"])

    op.create_table(
        "album_image",
        sa.Column("album_id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["album_id"],
            ["album.id"],
            name=op.f("fk_album_image_album_id_album"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_album_image_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("album_id", "image_id", name=op.f("pk_album_image")),
    )
    op.create_index(
        "ix_album_image_album_id_position", "album_image", ["album_id", "position", "image_id"]
    )
    op.create_index(op.f("ix_album_image_image_id"), "album_image", ["image_id"])

    op.create_table(
        "tag",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_tag_owner_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("owner_id", "name_key", name=op.f("uq_tag_owner_id")),
        sqlite_autoincrement=True,
    )

    op.create_table(
        "image_tag",
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("tag_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_image_tag_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tag.id"], name=op.f("fk_image_tag_tag_id_tag"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "tag_id", name=op.f("pk_image_tag")),
    )
    op.create_index("ix_image_tag_tag_id_image_id", "image_tag", ["tag_id", "image_id"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("image_search", table_name="image")
    else:
        for trigger in ("insert", "before_update", "after_update", "delete"):
            op.execute(f"DROP TRIGGER image_search_{trigger}")
        op.execute("DROP TABLE image_search")
        op.execute("DROP VIEW image_search_source")
    for table in ("image_tag", "tag", "album_image", "album", "image_version"):
        op.drop_table(table)
    for index in ("expires", "deleted", "name_key", "bytes", "id"):
        op.drop_index(f"ix_image_owner_id_{index}", table_name="image")
    op.create_index("ix_image_owner_id_id", "image", ["owner_id", "id"])
    op.drop_column("blob", "phash")
    for column in ("quota_bytes", "quota_images", "used_bytes", "used_images"):
        op.drop_column("user", column)
    for column in (
        *("changed", "revision", "version", "expires", "search_text", "name_key"),
        *("extension", "bytes", "alt", "title"),
    ):
        op.drop_column("image", column)
