"""What the interface answers, for /openapi.json; the bytes themselves come from `alerts.wire`."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:canhbao:problem:too-large"])
    title: str
    status: int
    detail: str


class RefusedMention(BaseModel):
    """A mention that was not taken."""

    line: int
    reason: str
    detail: str


class MentionsTaken(BaseModel):
    """What became of POSTed mentions; `refused` shows the first hundred."""

    accepted: int
    refused: list[RefusedMention]
    refused_total: int


class AlertPage(BaseModel):
    """Alerts or changes of them, and the cursor from which to go on."""

    alerts: list[dict[str, Any]]
    cursor: str
    more: bool


class HeldBack(BaseModel):
    """Spikes that were held back."""

    held_back: list[dict[str, Any]]


class Forecasts(BaseModel):
    """What is expected of organisations."""

    forecasts: list[dict[str, Any]]


class Levels(BaseModel):
    """Hours of an organisation."""

    organisation: str
    levels: list[dict[str, Any]]


class WhyNot(BaseModel):
    """Why an hour had an alert or none."""

    model_config = ConfigDict(extra="allow")

    organisation: str
    start: str


class NearMisses(BaseModel):
    """Hours that came near to an alert."""

    near_misses: list[dict[str, Any]]


class AlertDetail(BaseModel):
    """One alert with the texts of its mentions, its revisions and its deliveries."""

    model_config = ConfigDict(extra="allow")

    alert: dict[str, Any]


class IncidentPage(BaseModel):
    """Incidents, newest first, and where the next page begins."""

    incidents: list[dict[str, Any]]
    next: str | None


class IncidentDetail(BaseModel):
    """One incident with its alerts and its timeline."""

    incident: dict[str, Any]
    alerts: list[dict[str, Any]]
    timeline: list[dict[str, Any]]


class ReceiverView(BaseModel):
    """A receiver without its secret."""

    name: str
    channel: str
    url: str
    enabled: bool
    disabled: str
    min_severity: str
    severities: list[str]
    organisations: list[str]
    drills: bool
    runs: list[str] | None


class ThemeView(BaseModel):
    """A proposed theme with its evidence, and what was decided about it."""

    id: str
    phrase: str
    proposed_at: str
    titles: int
    sources: int
    surprise: float
    representatives: list[dict[str, Any]]
    state: Literal["proposed", "accepted", "rejected"]
    decision: dict[str, Any] | None


class ThemeProposals(BaseModel):
    """Proposed themes, the newest first."""

    proposals: list[ThemeView]


class Receivers(BaseModel):
    """The receivers, and how many deliveries stand how."""

    receivers: list[ReceiverView]
    deliveries: dict[str, int]
    next_due: str | None


class Check(BaseModel):
    """One check of /readyz."""

    name: Literal["log", "store", "lag", "background"]
    ok: bool
    detail: str
    todo: str = ""


class Readiness(BaseModel):
    """Whether the service can do its work, and if not, what to do."""

    status: Literal["ready", "not ready"]
    checks: list[Check]


PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "A problem document",
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    },
    "5XX": {
        "description": "A problem document",
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    },
}
