"""Files of upload sets, and accounts that have no password"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("user") as batch:
        batch.add_column(sa.Column("external_id", sa.String(length=160), nullable=True))
        batch.create_unique_constraint(op.f("uq_user_external_id"), ["external_id"])

    op.create_table(
        "set_file",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("set_name", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=True),
        sa.Column("slot", sa.String(length=64), nullable=True),
        sa.Column("original", sa.String(length=255), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_set_file_image_id_image"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_set_file_owner_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_file")),
        sa.UniqueConstraint("set_name", "name", name=op.f("uq_set_file_set_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_set_file_image_id"), "set_file", ["image_id"])
    op.create_index("ix_set_file_owner_id_set_name_id", "set_file", ["owner_id", "set_name", "id"])
    op.create_index("ix_set_file_owner_id_slot", "set_file", ["owner_id", "slot"])


def downgrade() -> None:
    op.drop_table("set_file")
    with op.batch_alter_table("user") as batch:
        batch.drop_constraint(op.f("uq_user_external_id"), type_="unique")
        batch.drop_column("external_id")
