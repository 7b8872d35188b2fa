"""The project and its peers on one Kafka topic: `python -m tests.bench.kafka [--mentions N] [--rounds N] [--only …]`.

Each decodes every mention with the project's own type and counts the negatives by organisation and minute of event
time. They take turns in every round, because only ratios carry over to another machine. `--growth` measures this
project alone: with text, over 60 to 10,000 organisations, and over backlogs of 1 to 24 hours.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.kafka.broker import Broker
from deploy.kafka.jars import download
from streams.log import open_log
from streams.topics import Topics
from tests.bench.kafka import growth
from tests.bench.kafka.field import FIELD, Contestant, FailedError, Result, measure
from tests.bench.kafka.mentions import mentions, publish, write_register
from tests.bench.kafka.ours import clock, settings_of

ORGANISATIONS = 60


@contextmanager
def stage(organisations: int) -> Iterator[tuple[Path, Broker]]:
    """A directory with a register, and a broker of our own."""
    download()
    with tempfile.TemporaryDirectory(prefix="canhbao-bench-") as name:
        directory = Path(name)
        write_register(directory, organisations)
        with Broker(directory / "kafka", heap="400m") as broker:
            yield directory, broker


async def fill(url: str, run: str, directory: Path, count: int) -> None:
    """Publish the mentions of one round."""
    log = open_log(url)
    await log.start()
    await publish(log, settings_of(url, run, directory), mentions(count, ORGANISATIONS, clock(), text=False))
    await log.stop()


def one_round(
    number: int, field: list[Contestant], count: int, directory: Path, broker: Broker
) -> Iterator[tuple[Contestant, Result]]:
    """Measure each of the field once, beginning with another one each round."""
    run = f"round-{number}"
    asyncio.run(fill(broker.url, run, directory, count))
    for one in field[number % len(field) :] + field[: number % len(field)]:
        if one.kind == "ours-sqlite":
            (directory / "log.sqlite").unlink(missing_ok=True)
            asyncio.run(fill(f"sqlite:///{directory}/log.sqlite", run, directory, count))
        try:
            yield one, measure(one, broker.bootstrap, Topics(run).mentions, count, directory)
        except FailedError as error:
            print(f"{one.kind} failed: {error}", flush=True)


def compare(field: list[Contestant], count: int, rounds: int) -> dict[str, list[Result]]:
    """Measure all in turn and print the figures."""
    found: dict[str, list[Result]] = {one.kind: [] for one in field}
    with stage(ORGANISATIONS) as (directory, broker):
        for number in range(rounds):
            for one, result in one_round(number, field, count, directory, broker):
                found[one.kind].append(result)
    return found


def show(field: list[Contestant], found: dict[str, list[Result]], count: int) -> None:
    """Print a table: mentions a second, and how the project's rate stands to each."""
    print(f"{count:,} mentions, {ORGANISATIONS} organisations, {os.cpu_count()} cores; minimum, median, maximum")
    ours = statistics.median(r.rate for r in found["ours"]) if found.get("ours") else None
    for one in field:
        rates = [result.rate for result in found[one.kind]]
        if not rates:
            continue
        middle = statistics.median(rates)
        ratio = f"{ours / middle:8.2f}" if ours else ""
        print(f"{one.title:>42}: {min(rates):9,.0f} {middle:9,.0f} {max(rates):9,.0f} mentions/s {ratio}")
    whole = {kind: {r.negatives for r in results if r.mentions == count} for kind, results in found.items()}
    counted = {kind: sorted(values) for kind, values in whole.items() if values}
    if len({tuple(values) for values in counted.values()}) > 1:
        print(f"they did not count the same: {counted}")


def chosen(names: str | None) -> list[Contestant]:
    """Those named, or all, without those that cannot run here."""
    field = [one for one in FIELD if names is None or one.kind in names.split(",")]
    for one in field:
        if sentence := one.missing():
            print(f"{one.title} is left out: {sentence}")
    return [one for one in field if one.missing() is None]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mentions", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="names of contestants, by commas: " + ", ".join(one.kind for one in FIELD))
    parser.add_argument("--growth", action="store_true", help="this project with text, more bodies and longer backlogs")
    parser.add_argument("--plot", type=Path, help="write the picture of the table there (SVG)")
    options = parser.parse_args()
    if options.growth:
        with stage(max(growth.ORGANISATIONS)) as (directory, broker):
            sys.exit(growth.run(directory, broker, options.mentions, options.rounds))
    field = chosen(options.only)
    found = compare(field, options.mentions, options.rounds)
    show(field, found, options.mentions)
    if options.plot:
        from tests.bench.kafka.plot import picture

        rates = {one.title: [result.rate for result in found[one.kind]] for one in field if found[one.kind]}
        options.plot.write_text(picture(rates), encoding="utf-8")


if __name__ == "__main__":
    main()
