"""Incidents: alerts of one cause, and which alert belongs to which."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Key = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Create their tables; alerts that are there already are grouped from now on as they change."""
    op.create_table(
        "incidents",
        sa.Column("run", Key, primary_key=True, autoincrement=False),
        sa.Column("id", Key, primary_key=True, autoincrement=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("opened_at", Key, nullable=False),
        sa.Column("changed_at", Key, nullable=False),
        sa.Column("resolved_at", Key, nullable=False),
        sa.Column("firing", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("incidents_newest", "incidents", ["opened_at", "run", "id"])
    op.create_index("incidents_of_state", "incidents", ["run", "state", "resolved_at"])
    op.create_index("incidents_by_id", "incidents", ["id"])
    op.create_table(
        "incident_alerts",
        sa.Column("run", Key, primary_key=True, autoincrement=False),
        sa.Column("alert_id", Key, primary_key=True, autoincrement=False),
        sa.Column("incident", Key, nullable=False),
        sa.Column("organisation", Key, nullable=False),
    )
    op.create_index("incident_alerts_of_organisation", "incident_alerts", ["run", "organisation", "incident"])
    op.execute("INSERT INTO heads (name, value) VALUES ('incidents', 0)")
