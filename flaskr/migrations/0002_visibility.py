"""Who may see an image, and how an account keeps its uploads"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "image",
        sa.Column("visibility", sa.String(length=8), nullable=False, server_default="unlisted"),
    )
    op.add_column(
        "user", sa.Column("keep", sa.String(length=8), nullable=False, server_default="share")
    )


def downgrade() -> None:
    op.drop_column("user", "keep")
    op.drop_column("image", "visibility")
