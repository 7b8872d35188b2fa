"""The tables, as the newest migration leaves them; a test compares the two."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware datetime, in UTC whatever the database makes of zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Refuse naive times; everything else becomes UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the store takes aware datetimes only")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """SQLite forgets the zone: what it kept is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: Compared byte by byte on every database.
Key = String().with_variant(String(collation="C"), "postgresql")

metadata = MetaData()

heads = Table("heads", metadata, Column("name", Key, primary_key=True), Column("value", BigInteger, nullable=False))

changes = Table(
    "changes",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Key, nullable=False),
    Column("run", Key, nullable=False),
    Column("alert_id", Key, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index("changes_by_alert", "run", "alert_id", "sequence"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("run", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("state", Key, nullable=False),
    Column("opened_at", Key, nullable=False),
    Column("changed_at", Key, nullable=False),
    Column("resolved_at", Key, nullable=False),
    Column("firing", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index("incidents_newest", "opened_at", "run", "id"),
    Index("incidents_of_state", "run", "state", "resolved_at"),
    Index("incidents_by_id", "id"),
)

incident_alerts = Table(
    "incident_alerts",
    metadata,
    Column("run", Key, primary_key=True),
    Column("alert_id", Key, primary_key=True),
    Column("incident", Key, nullable=False),
    Column("organisation", Key, nullable=False),
    Index("incident_alerts_of_organisation", "run", "organisation", "incident"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("run", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("state", Key, nullable=False),
    Column("stale", Boolean, nullable=False),
    Column("organisation", Key, nullable=False),
    Column("first_fired_at", Key, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Index("alerts_newest", "first_fired_at", "run", "id"),
    Index("alerts_of_organisation", "organisation", "first_fired_at", "run", "id"),
    Index("alerts_of_run", "run", "first_fired_at", "id"),
    Index("alerts_of_state", "state", "first_fired_at", "run", "id"),
    Index("alerts_by_id", "id"),
)

places = Table(
    "places",
    metadata,
    Column("topic", Key, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
)

excerpts = Table(
    "excerpts",
    metadata,
    Column("run", Key, primary_key=True),
    Column("source_kind", Key, primary_key=True),
    Column("source_name", Key, primary_key=True),
    Column("mention", Key, primary_key=True),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("published_at", Text, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Index("excerpts_by_mention", "mention"),
)

erasures = Table(
    "erasures",
    metadata,
    Column("source_kind", Key, primary_key=True),
    Column("source_name", Key, primary_key=True),
    Column("mention", Key, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Index("erasures_by_mention", "mention"),
)

levels = Table(
    "levels",
    metadata,
    Column("run", Key, primary_key=True),
    Column("organisation", Key, primary_key=True),
    Column("start", Key, primary_key=True),
    Column("near", Float, nullable=False),
    Column("body", Text, nullable=False),
    Index("levels_by_start", "start"),
    Index("levels_near", "run", "near", "start"),
)

level_heads = Table(
    "level_heads",
    metadata,
    Column("run", Key, primary_key=True),
    Column("organisation", Key, primary_key=True),
    Column("start", Key, nullable=False),
    Column("near", Float, nullable=False),
    Column("body", Text, nullable=False),
)

receivers = Table(
    "receivers",
    metadata,
    Column("name", Key, primary_key=True),
    Column("open", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Key, primary_key=True),
    Column("receiver", Key, nullable=False),
    Column("run", Key, nullable=False),
    Column("alert_id", Key, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("outcome", Key, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claim", Integer, nullable=False),
    Column("due_at", Instant),
    Column("settled_at", Instant),
    Column("reason", Text, nullable=False),
    Index("deliveries_due", "outcome", "due_at"),
    Index("deliveries_of_alert", "run", "alert_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("delivery", Key, nullable=False),
    Column("claim", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("verdict", Key, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", Integer),
    Column("due_at", Instant),
    Index("attempts_of_delivery", "delivery", "number"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", Key, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("body", Text, nullable=False),
)
