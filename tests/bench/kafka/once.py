"""One measurement in a process of its own, so that none inherits another's memory: `python -m … KIND SERVERS RUN N`.

Prints seconds and negatives.
"""

import asyncio
import sys
from pathlib import Path


def measure(kind: str, servers: str, topic: str, mentions: int, directory: str) -> tuple[float, int]:
    """Seconds from the first record to the last, and the negatives counted."""
    if kind in ("bare", "confluent"):
        from tests.bench.kafka import loops

        if kind == "bare":
            return asyncio.run(loops.bare(servers, topic, mentions))
        return loops.confluent(servers, topic, mentions)
    if kind in ("stock", "stock-table"):
        from tests.bench.kafka.stock import stock

        return asyncio.run(stock(servers, topic, mentions, table=kind == "stock-table"))
    if kind == "quix":
        from tests.bench.kafka import quix

        return quix.window(servers, topic, mentions)
    if kind == "bytewax":
        from tests.bench.kafka import bytewax_window

        return bytewax_window.window(servers, topic)
    from tests.bench.kafka.ours import both_stages, settings_of

    url = f"kafka://{servers}" if kind == "ours" else f"sqlite:///{directory}/log.sqlite"
    return asyncio.run(both_stages(settings_of(url, topic.removesuffix(".mentions"), Path(directory)), mentions))


def main() -> None:
    """Measure and print."""
    kind, servers, topic, mentions, directory = sys.argv[1:]
    seconds, negatives = measure(kind, servers, topic, int(mentions), directory)
    print(f"\n{seconds} {negatives}")


if __name__ == "__main__":
    main()
