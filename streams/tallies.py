"""What a worker counts, by name and label value, for `status` and from there for `/metrics`."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tallies:
    """Sums since the worker's first start.

    Examples
    --------
    >>> tallies = Tallies()
    >>> tallies.add("mentions_read", 3)
    >>> tallies.add("mentions_refused", 1, "future")
    >>> tallies.values["mentions_refused"]
    {'future': 1}
    """

    values: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, name: str, amount: float, label: str = "") -> None:
        """Add to one sum; nothing is remembered of an amount of zero."""
        if amount:
            by_label = self.values.setdefault(name, {})
            by_label[label] = by_label.get(label, 0) + amount

    def merge(self, other: Mapping[str, Mapping[str, float]]) -> None:
        """Add all sums of another worker, or of this one's past."""
        for name, by_label in other.items():
            for label, amount in by_label.items():
                self.add(name, amount, label)
