"""How fast `canhbao publish` takes 100,000 mentions into the embedded log: `python -m tests.bench.publish [COUNT]`."""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

RUNS = 3


def write(path: Path, count: int) -> None:
    """Mentions of about 300 bytes each, an hour old at most."""
    start = datetime.now(UTC) - timedelta(hours=1)
    with path.open("wb") as file:
        for number in range(count):
            at = (start + timedelta(hours=1) * number / count).isoformat(timespec="milliseconds")
            mention = {
                "id": f"b{number}",
                "published_at": at,
                "source": {"kind": "news", "name": f"Báo {number % 20}"},
                "title": f"Tin thử số {number} về việc giải quyết thủ tục hành chính ở địa phương",
                "text": "Người dân cho biết hồ sơ được trả đúng hẹn, thái độ phục vụ tốt.",
            }
            file.write(json.dumps(mention, ensure_ascii=False).encode() + b"\n")


def measure(file: Path, *more: str) -> float:
    """Seconds of one publication into a fresh log, the program's start included."""
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "CANHBAO_STATE_DIR": state}
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "deploy.cli", "publish", *more, str(file)],
            env=environment,
            check=True,
            capture_output=True,
        )
        return time.perf_counter() - begun


def main() -> None:
    """Print minimum, median and maximum."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "mentions.ndjson"
        write(file, count)
        for name, more in (("live", ()), ("replay", ("--replay", "bench"))):
            low, middle, high = sorted(measure(file, *more) for _ in range(RUNS))
            rate = count / middle
            print(f"publish {name}: {count:,} mentions in {low:.2f} / {middle:.2f} / {high:.2f} s ({rate:,.0f}/s)")


if __name__ == "__main__":
    main()
