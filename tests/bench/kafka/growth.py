"""How this project's cost grows: with text to be read, with more organisations, with a longer backlog."""

import asyncio
import statistics
from pathlib import Path

from deploy.kafka.broker import Broker
from streams.log import open_log
from streams.topics import Topics
from tests.bench.kafka.field import Contestant, measure
from tests.bench.kafka.mentions import mentions, publish, write_register
from tests.bench.kafka.ours import clock, settings_of

ORGANISATIONS = (60, 600, 10_000)
#: Mentions a second with text, in one worker; how much more one may cost with the most organisations.
REQUIRED, GROWTH = 20_000, 1.10


async def _fill(url: str, run: str, directory: Path, count: int, organisations: int) -> None:
    log = open_log(url)
    await log.start()
    await publish(log, settings_of(url, run, directory), mentions(count, organisations, clock(), text=True))
    await log.stop()


def run(directory: Path, broker: Broker, count: int, rounds: int) -> int:
    """Measure by number of organisations, in turns, and print; 1 if what is required was not reached."""
    rates: dict[int, list[float]] = {organisations: [] for organisations in ORGANISATIONS}
    for number in range(rounds):
        for organisations in ORGANISATIONS:
            place = directory / f"{organisations}-{number}"
            place.mkdir()
            write_register(place, organisations)
            run_name = f"text-{organisations}-{number}"
            asyncio.run(_fill(broker.url, run_name, place, count, organisations))
            one = Contestant("ours", "")
            rates[organisations].append(measure(one, broker.bootstrap, Topics(run_name).mentions, count, place).rate)
    print(f"the whole chain with text, {count:,} mentions: minimum, median, maximum")
    for organisations, found in rates.items():
        middle = statistics.median(found)
        print(f"{organisations:>7,} organisations: {min(found):8,.0f} {middle:8,.0f} {max(found):8,.0f} mentions/s")
    first, last = (statistics.median(rates[organisations]) for organisations in (ORGANISATIONS[0], ORGANISATIONS[-1]))
    print(f"cost of a mention grows by {first / last - 1:.1%}")
    return int(min(first, last) < REQUIRED or first / last > GROWTH)
