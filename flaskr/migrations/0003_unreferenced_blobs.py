"""Since when no image refers to a blob"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("blob", sa.Column("unreferenced", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("blob", "unreferenced")
