"""What the streams side is told: where the log is, how it is cut, which register and thresholds hold."""

from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from detectors.policy import Policy
from streams.access import KafkaSettings


class StreamSettings(BaseModel):
    """Settings of log, reading and watching; `deploy.settings` fills them from environment and file.

    Attributes
    ----------
    log_url
        `sqlite:///path` or `kafka://host:port[,…]`; empty means the embedded log in the state directory.
    kafka
        How a Kafka cluster is entered, and how many copies are kept there.
    run
        Name of the run: its topics and consumer groups are prefixed with ``<run>.``; empty is the live run.
    replay
        The run keeps the publisher's times and takes marks only from its publisher.
    mentions_partitions, readings_partitions
        How the topics are cut when they are first created.
    register_directory
        A directory of one's own register files: they add to the bundled ones, a file of the same name replaces one.
    negative_threshold
        `negative` from which a mention counts as negative, by kind of source.
    sentiment
        ``model``: the hashed linear model; ``lexicon``: the word lists alone.
    abroad, observed
        Themes of the register under which foreign texts about Vietnam, and observations entered by hand, are counted
        apart; their owners in the register are told. Empty: not counted apart.
    voice_secret
        Deployment secret from which daily voice keys are derived; made at first start.
    claims_body
        Code of the body that is told of suspected claims, where the listed claim names none.
    owner_patience
        How long a partition without an owner may hold ticks before watch goes on without it.
    detection
        When to alarm; see `detectors.policy.Policy`.
    worker
        Tells workers on one host apart in their reports.
    stall_after
        A worker that stood still for so long although there was work names it and ends, to be started again.
    snapshot_every
        How often the watch's state is made durable; decides only how much is read again after a crash.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    log_url: str = ""
    kafka: KafkaSettings = KafkaSettings()
    run: str = Field(default="", pattern=r"^[a-z0-9-]{0,40}$")
    replay: bool = False
    mentions_partitions: int = Field(default=4, ge=1, le=1024)
    readings_partitions: int = Field(default=1, ge=1, le=256)
    register_directory: Path | None = None
    negative_threshold: dict[str, float] = Field(default_factory=lambda: {"default": 0.5})
    sentiment: Literal["model", "lexicon"] = "model"
    abroad: str = "NUOCNGOAI"
    observed: str = "THUCDIA"
    voice_secret: str = ""
    claims_body: str = Field(default="", max_length=64)
    owner_patience: timedelta = timedelta(seconds=30)
    worker: str = Field(default="1", pattern=r"^[a-zA-Z0-9-]{1,40}$")
    stall_after: timedelta = Field(default=timedelta(seconds=60), ge=timedelta(seconds=5))
    snapshot_every: timedelta = timedelta(seconds=60)
    detection: Policy = Policy()
    mentions_retention: timedelta = timedelta(hours=72)
    findings_retention: timedelta = timedelta(days=400)
    levels_retention: timedelta = timedelta(days=90)

    @field_validator("detection", mode="before")
    @classmethod
    def _known_detection(cls, value: object) -> object:
        """Refuse names that the policy does not have: a mistyped one would silently change nothing."""
        if isinstance(value, dict):
            known = {field.name for field in fields(Policy)}
            unknown = sorted(set(value) - known)
            if unknown:
                raise ValueError(f"detection has no setting {unknown[0]!r}; there are {', '.join(sorted(known))}")
        return value
