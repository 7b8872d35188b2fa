"""The first tables: the ordered log, alerts, evidence, receivers, deliveries, tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Key = sa.String().with_variant(sa.String(collation="C"), "postgresql")
Instant = sa.DateTime(timezone=True)


def _needed(name: str, kind: "sa.types.TypeEngine[object]", **options: bool) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=False, **options)


def _key(name: str, kind: "sa.types.TypeEngine[object]" = Key) -> "sa.Column[object]":
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Create them."""
    op.create_table("heads", _key("name"), _needed("value", sa.BigInteger()))
    op.execute("INSERT INTO heads (name, value) VALUES ('changes', 0)")
    _create_log()
    _create_evidence()
    _create_deliveries()
    op.create_table(
        "tokens",
        _key("name"),
        _needed("digest", sa.LargeBinary(), unique=True),
        _needed("body", sa.Text()),
    )


def _create_log() -> None:
    op.create_table(
        "changes",
        _key("sequence", sa.BigInteger()),
        _needed("at", Instant),
        _needed("actor", sa.Text()),
        _needed("kind", Key),
        _needed("run", Key),
        _needed("alert_id", Key),
        _needed("revision", sa.Integer()),
        _needed("body", sa.Text()),
    )
    op.create_index("changes_by_alert", "changes", ["run", "alert_id", "sequence"])
    op.create_table(
        "alerts",
        _key("run"),
        _key("id"),
        _needed("revision", sa.Integer()),
        _needed("state", Key),
        _needed("stale", sa.Boolean()),
        _needed("organisation", Key),
        _needed("first_fired_at", Key),
        _needed("sequence", sa.BigInteger()),
        _needed("at", Instant),
        _needed("body", sa.Text()),
    )
    op.create_index("alerts_newest", "alerts", ["first_fired_at", "run", "id"])
    op.create_index("alerts_of_organisation", "alerts", ["organisation", "first_fired_at", "run", "id"])
    op.create_index("alerts_of_run", "alerts", ["run", "first_fired_at", "id"])
    op.create_index("alerts_of_state", "alerts", ["state", "first_fired_at", "run", "id"])
    op.create_index("alerts_by_id", "alerts", ["id"])
    op.create_table("places", _key("topic"), _key("partition", sa.Integer()), _needed("position", sa.BigInteger()))


def _create_evidence() -> None:
    op.create_table(
        "excerpts",
        _key("run"),
        _key("source_kind"),
        _key("source_name"),
        _key("mention"),
        _needed("title", sa.Text()),
        _needed("url", sa.Text()),
        _needed("published_at", sa.Text()),
        _needed("stored_at", Instant),
    )
    op.create_index("excerpts_by_mention", "excerpts", ["mention"])
    op.create_table(
        "erasures",
        _key("source_kind"),
        _key("source_name"),
        _key("mention"),
        _needed("at", Instant),
        _needed("actor", sa.Text()),
    )
    op.create_index("erasures_by_mention", "erasures", ["mention"])


def _create_deliveries() -> None:
    op.create_table("receivers", _key("name"), _needed("open", sa.Boolean()), _needed("body", sa.Text()))
    op.create_table(
        "deliveries",
        _key("id"),
        _needed("receiver", Key),
        _needed("run", Key),
        _needed("alert_id", Key),
        _needed("revision", sa.Integer()),
        _needed("sequence", sa.BigInteger()),
        _needed("created_at", Instant),
        _needed("outcome", Key),
        _needed("attempts", sa.Integer()),
        _needed("claim", sa.Integer()),
        sa.Column("due_at", Instant),
        sa.Column("settled_at", Instant),
        _needed("reason", sa.Text()),
    )
    op.create_index("deliveries_due", "deliveries", ["outcome", "due_at"])
    op.create_index("deliveries_of_alert", "deliveries", ["run", "alert_id"])
    op.create_table(
        "attempts",
        sa.Column("number", sa.Integer(), primary_key=True),
        _needed("delivery", Key),
        _needed("claim", sa.Integer()),
        _needed("at", Instant),
        _needed("seconds", sa.Float()),
        _needed("verdict", Key),
        _needed("reason", sa.Text()),
        sa.Column("status", sa.Integer()),
        sa.Column("due_at", Instant),
    )
    op.create_index("attempts_of_delivery", "attempts", ["delivery", "number"])
