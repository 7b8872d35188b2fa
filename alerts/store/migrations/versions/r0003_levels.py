"""Levels: the hours of every organisation, and the newest of each with its forecasts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Key = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "levels",
        sa.Column("run", Key, primary_key=True, autoincrement=False),
        sa.Column("organisation", Key, primary_key=True, autoincrement=False),
        sa.Column("start", Key, primary_key=True, autoincrement=False),
        sa.Column("near", sa.Float(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("levels_by_start", "levels", ["start"])
    op.create_index("levels_near", "levels", ["run", "near", "start"])
    op.create_table(
        "level_heads",
        sa.Column("run", Key, primary_key=True, autoincrement=False),
        sa.Column("organisation", Key, primary_key=True, autoincrement=False),
        sa.Column("start", Key, nullable=False),
        sa.Column("near", sa.Float(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
