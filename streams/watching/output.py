"""What a watcher hands out for one record that it folded."""

from dataclasses import dataclass, field

from alerts.model import Excerpt, Finding, Level
from alerts.themes import ThemeProposal
from streams.watching.findings import Revision


@dataclass(slots=True)
class Output:
    """What one record led to. `tallies` are the counts to add, by name."""

    findings: list[Finding] = field(default_factory=list)
    excerpts: list[Excerpt] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    proposals: list[ThemeProposal] = field(default_factory=list)
    tallies: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, amount: int = 1) -> None:
        """Add to a tally."""
        if amount:
            self.tallies[name] = self.tallies.get(name, 0) + amount

    def say(self, revision: Revision) -> None:
        """Add a finding and its excerpts."""
        self.findings.append(revision.finding)
        self.excerpts.extend(revision.excerpts)
