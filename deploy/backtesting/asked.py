"""What a backtest is asked for, checked before anything is read."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from alerts.words import VIETNAM_TIME
from deploy.backtesting.why import whole_minute
from deploy.settings import SettingsError
from detectors.policy import Policy
from streams.settings import StreamSettings

_STEP = re.compile(r"([0-9]{1,5})\s*(m|min|h|d)?")
_MINUTES = {None: 1, "m": 1, "min": 1, "h": 60, "d": 1440}


@dataclass(frozen=True, slots=True)
class Asked:
    """Options of the command.

    Attributes
    ----------
    policy, rival
        The setting that is told, and the one it is compared with.
    begin, end
        Alerts fired from `begin` on and before `end` are told; everything before is learned from.
    organisations
        Only these are told; all where empty.
    why
        An organisation and a time to explain.
    all_changes
        Also updates and resolutions.
    table
        Whether to print a table.
    picture
        Where to draw.
    """

    policy: Policy
    rival: Policy | None = None
    begin: datetime | None = None
    end: datetime | None = None
    organisations: frozenset[str] = frozenset()
    why: tuple[str, datetime] | None = None
    all_changes: bool = False
    table: bool = False
    picture: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be shown."""
        if self.begin is not None and self.end is not None and self.begin >= self.end:
            raise SettingsError("--from must be before --to")
        if self.why is not None and (self.rival is not None or self.table or self.picture is not None):
            raise SettingsError("--why explains one moment: it goes with neither --compare, --table nor --picture")
        if self.picture is not None and len(self.organisations) != 1:
            raise SettingsError("--picture shows one organisation: name it with --organisation")
        if self.picture is not None and self.picture.suffix.lower() != ".svg":
            raise SettingsError(f"--picture draws SVG: its name must end in .svg, not {self.picture.name!r}")

    @property
    def until(self) -> datetime | None:
        """When all has been seen that is to be told: the end of the minute that is explained, or `end`."""
        return self.end if self.why is None else whole_minute(self.why[1])

    def holds(self, organisation: str, fired_at: datetime) -> bool:
        """Whether an alert is to be told."""
        return (
            (not self.organisations or organisation in self.organisations)
            and (self.begin is None or fired_at >= self.begin)
            and (self.end is None or fired_at < self.end)
        )


def parse_time(text: str, option: str) -> datetime:
    """A time with its offset; a date alone is its Vietnamese midnight.

    Examples
    --------
    >>> parse_time("2025-10-07", "--from").isoformat(), parse_time("2025-10-07T08:00:00Z", "--to").isoformat()
    ('2025-10-07T00:00:00+07:00', '2025-10-07T08:00:00+00:00')
    """
    written = text.strip()
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        time = None
    if time is not None and len(written) == len("2025-10-07"):
        time = time.replace(tzinfo=VIETNAM_TIME)
    if time is None or time.tzinfo is None or not 1971 <= time.year <= 2900:
        raise SettingsError(
            f"{option} is a date such as 2025-10-07, or a time with its offset such as 2025-10-07T08:00:00+07:00, "
            f"not {text[:80]!r}"
        )
    return time


def parse_step(text: str) -> int:
    """Minutes of a window.

    Examples
    --------
    >>> parse_step("5m"), parse_step("1h"), parse_step("1")
    (5, 60, 1)
    """
    found = _STEP.fullmatch(text.strip().lower())
    minutes = int(found[1]) * _MINUTES[found[2]] if found else 0
    if not 1 <= minutes <= 1440:
        raise SettingsError(f"--step must be from 1m to 1d, such as 5m or 1h, not {text[:80]!r}")
    return minutes


def changed(policy: Policy, changes: Sequence[str], option: str = "--compare") -> Policy:
    """The policy with some values replaced, each given as NAME=VALUE.

    Examples
    --------
    >>> changed(Policy(), ["budget=0.5"]).budget
    0.5
    """
    values: dict[str, object] = dict(asdict(policy))
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals:
            raise SettingsError(f"{option} is given as NAME=VALUE, such as budget=0.5, not {change[:80]!r}")
        values[name.strip()] = value.strip()
    try:
        return StreamSettings.model_validate({"detection": values}).detection
    except ValidationError as error:
        raise SettingsError(f"{option}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from error
