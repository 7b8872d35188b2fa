"""In which roles, and under which former names, the negative mentions of each organisation speak of it."""

from collections import Counter

import msgspec

from alerts.model import FormerName, RoleCount
from streams.watching.counts import HOUR_MINUTES, HOURS_KEPT
from streams.watching.envelopes import ROLES, UNATTRIBUTED, Reading

#: A finding names at most so many former names.
NAMES_SHOWN = 5


class _Hour(msgspec.Struct):
    """One organisation's hour: by minute a count for each role, by minute and former name, and what is told."""

    roles: dict[int, list[int]] = {}
    former: dict[tuple[int, str], int] = {}
    tells: dict[int, list[int]] = {}


class Standing:
    """Roles and former names of each organisation by minute, for the hours in which an alert may look back.

    Former names are names of the register, so that there are few.
    """

    def __init__(self) -> None:
        self._hours: dict[int, dict[str, _Hour]] = {}

    def add(self, organisation: str, minute: int, reading: Reading) -> None:
        """Count a negative mention that names the organisation."""
        if organisation == UNATTRIBUTED:
            return
        of_hour = self._hours.setdefault(minute // HOUR_MINUTES, {})
        known = of_hour.get(organisation)
        if known is None:
            known = of_hour[organisation] = _Hour({}, {}, {})
        role = reading.roles[reading.organisations.index(organisation)] if reading.roles else 0
        known.roles.setdefault(minute, [0] * len(ROLES))[role] += 1
        if reading.tells:
            known.tells.setdefault(minute, [0, 0])[reading.tells - 1] += 1
        for code, name in reading.former:
            if code == organisation:
                known.former[minute, name] = known.former.get((minute, name), 0) + 1

    def forget(self, before: int) -> None:
        """Forget the hours that ended more than `HOURS_KEPT` hours before the minute `before`."""
        for hour in [hour for hour in self._hours if hour < before // HOUR_MINUTES - HOURS_KEPT]:
            del self._hours[hour]

    def since(self, organisation: str, minute: int, now: int) -> tuple[tuple[RoleCount, ...], tuple[FormerName, ...]]:
        """Roles from a minute on, the strongest first, and former names, the most frequent first.

        As with sources, of hours over `HOURS_KEPT` before the minute `now` nothing is said.
        """
        first = max(minute // HOUR_MINUTES, now // HOUR_MINUTES - HOURS_KEPT)
        roles, former = [0] * len(ROLES), Counter[str]()
        for hour, of_hour in self._hours.items():
            known = of_hour.get(organisation)
            if hour < first or known is None:
                continue
            for at, counts in known.roles.items():
                if at >= minute:
                    roles = [one + more for one, more in zip(roles, counts, strict=True)]
            for (at, name), count in known.former.items():
                if at >= minute:
                    former[name] += count
        strongest = zip(reversed(ROLES), reversed(roles), strict=True)
        told = tuple(RoleCount(role, count) for role, count in strongest if count)
        ranked = sorted(former.items(), key=lambda item: (-item[1], item[0]))[:NAMES_SHOWN]
        return told, tuple(FormerName(name, count) for name, count in ranked)

    def told(self, organisation: str, minute: int, now: int) -> tuple[int, int]:
        """How many negative mentions from a minute on blame a public body, and how many tell of an event."""
        first = max(minute // HOUR_MINUTES, now // HOUR_MINUTES - HOURS_KEPT)
        blaming = happening = 0
        for hour, of_hour in self._hours.items():
            if hour >= first and organisation in of_hour:
                for at, (blame, event) in of_hour[organisation].tells.items():
                    if at >= minute:
                        blaming, happening = blaming + blame, happening + event
        return blaming, happening

    def parts(self) -> dict[str, bytes]:
        """Contents by hour; an hour whose minutes are closed stays the same."""
        return {str(hour): msgspec.msgpack.encode(list(of_hour.items())) for hour, of_hour in self._hours.items()}

    def take(self, parts: dict[str, bytes]) -> None:
        """Take over what `parts` wrote."""
        for hour, data in sorted(parts.items(), key=lambda item: int(item[0])):
            self._hours[int(hour)] = dict(msgspec.msgpack.decode(data, type=list[tuple[str, _Hour]]))
