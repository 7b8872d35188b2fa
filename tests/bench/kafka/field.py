"""Who is compared with whom: how each is started, and how large a share of the topic it gets."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
#: The environment of the peers that are no dependencies of the project; `make bench` makes it.
PEERS_PYTHON = ROOT / ".venv" / "peers" / "bin" / "python"
PATIENCE_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to do the work.

    Parameters
    ----------
    kind
        As `once` calls it.
    title
        For people.
    share
        How much of the topic it reads: the slow ones would take minutes.
    peer
        Runs in the environment of the peers.
    """

    kind: str
    title: str
    share: float = 1.0
    peer: bool = False

    def missing(self) -> str | None:
        """What is not there, as a sentence."""
        if self.peer and not PEERS_PYTHON.exists():
            return "its environment is missing: `make bench` makes it from requirements-bench.lock"
        return None


FIELD = (
    Contestant("bare", "a bare aiokafka loop (the ceiling)"),
    Contestant("confluent", "a confluent-kafka loop", peer=True),
    Contestant("ours", "canhbao on Kafka, both stages"),
    Contestant("ours-sqlite", "canhbao on the embedded log, both stages"),
    Contestant("stock", "a stock Faust agent", share=0.1),
    Contestant("stock-table", "a stock Faust windowed table", share=0.05),
    Contestant("quix", "Quix Streams' tumbling window", share=0.2, peer=True),
    Contestant("bytewax", "Bytewax's tumbling window", peer=True),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What one measurement gave."""

    mentions: int
    seconds: float
    negatives: int

    @property
    def rate(self) -> float:
        """Mentions a second."""
        return self.mentions / self.seconds


class FailedError(Exception):
    """A measurement ended without a figure; the text is the end of what it wrote."""


def measure(one: Contestant, servers: str, topic: str, mentions: int, directory: Path) -> Result:
    """Run one in a process of its own. Raises `FailedError`."""
    mine = int(mentions * one.share)
    python = str(PEERS_PYTHON) if one.peer else sys.executable
    command = [python, "-m", "tests.bench.kafka.once", one.kind, servers, topic, str(mine), str(directory)]
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise FailedError(f"no end after {PATIENCE_SECONDS} s") from error
    if answer.returncode:
        raise FailedError((answer.stdout + answer.stderr).decode(errors="replace")[-1500:])
    seconds, negatives = answer.stdout.split()[-2:]
    return Result(mine, float(seconds), int(negatives))
