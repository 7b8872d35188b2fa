"""A process that opens the log once more keeps the locks it has: others must not think that it is gone."""

import subprocess
import sys
from pathlib import Path

from streams.log import TopicSpec, open_log
from streams.transports.batches import NewRecord

OTHER = """
import asyncio, sys
from streams.log import open_log
async def main():
    log = open_log(sys.argv[1]); await log.start()
    print(await log.bounds("t", 0)); await log.stop()
asyncio.run(main())
"""


async def test_what_is_appended_after_another_process_has_come_and_gone_is_seen_by_all(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    first, second = open_log(url), open_log(url)
    await first.start()
    await first.create(TopicSpec("t"))
    await second.start()  # must not drop the locks of `first`
    await second.stop()
    for appended in (1, 2):
        await first.append("t", 0, [NewRecord(b"x")])
        seen = subprocess.run([sys.executable, "-c", OTHER, url], capture_output=True, check=True, text=True).stdout
        assert seen.strip() == f"(0, {appended})"
    await first.stop()
