"""Uploads that resume and repeat, batches in order, and the form of links"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("user") as batch:
        batch.add_column(
            sa.Column("link_form", sa.String(length=16), nullable=False, server_default="url")
        )
        batch.add_column(
            sa.Column(
                "link_template", sa.String(length=500), nullable=False, server_default=sa.text("''")
            )
        )
        batch.add_column(
            sa.Column("copy_links", sa.Boolean(), nullable=False, server_default=sa.false())
        )

    op.create_table(
        "batch_entry",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("batch", sa.String(length=12), nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_batch_entry_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_batch_entry_owner_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_entry")),
        sa.UniqueConstraint("owner_id", "batch", "image_id", name=op.f("uq_batch_entry_owner_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_batch_entry_image_id"), "batch_entry", ["image_id"])
    op.execute(
        "INSERT INTO batch_entry (owner_id, batch, image_id, position) "
        "SELECT owner_id, batch, id, 0 FROM image ORDER BY id"
    )
    op.drop_index("ix_image_owner_id_batch", table_name="image")
    op.drop_column("image", "batch")
    op.create_index("ix_image_owner_id_blob_id", "image", ["owner_id", "blob_id"])

    op.create_table(
        "idempotency_key",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_idempotency_key_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user.id"],
            name=op.f("fk_idempotency_key_owner_id_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("owner_id", "key", name=op.f("uq_idempotency_key_owner_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_idempotency_key_image_id"), "idempotency_key", ["image_id"])
    op.create_index(op.f("ix_idempotency_key_created"), "idempotency_key", ["created"])

    op.create_table(
        "resumable_upload",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("batch", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("keep", sa.String(length=8), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("image_id", BIG_ID, nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_resumable_upload_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user.id"],
            name=op.f("fk_resumable_upload_owner_id_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resumable_upload")),
        sa.UniqueConstraint("key", name=op.f("uq_resumable_upload_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_resumable_upload_owner_id"), "resumable_upload", ["owner_id"])
    op.create_index(op.f("ix_resumable_upload_image_id"), "resumable_upload", ["image_id"])
    op.create_index(op.f("ix_resumable_upload_expires"), "resumable_upload", ["expires"])


def downgrade() -> None:
    op.drop_table("resumable_upload")
    op.drop_table("idempotency_key")
    op.drop_index("ix_image_owner_id_blob_id", table_name="image")
    with op.batch_alter_table("image") as batch:
        batch.add_column(
            sa.Column("batch", sa.String(length=12), nullable=False, server_default="")
        )
    op.execute(
        "UPDATE image SET batch = coalesce((SELECT batch FROM batch_entry "
        "WHERE batch_entry.image_id = image.id ORDER BY batch_entry.id LIMIT 1), '')"
    )
    with op.batch_alter_table("image") as batch:
        batch.alter_column("batch", server_default=None)
    op.create_index("ix_image_owner_id_batch", "image", ["owner_id", "batch"])
    op.drop_table("batch_entry")
    with op.batch_alter_table("user") as batch:
        batch.drop_column("copy_links")
        batch.drop_column("link_template")
        batch.drop_column("link_form")
