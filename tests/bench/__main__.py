"""All benchmarks one after the other: `python -m tests.bench [NAME …]`, each with a bounded time.

One that needs what is missing (real headlines, Java) says so and is left out.
"""

import platform
import subprocess
import sys
import time
from datetime import UTC, datetime

#: Name, and seconds it may take.
BENCHMARKS = {
    "backtest": 120,
    "detectors": 240,
    "detection": 300,
    "detection.nab": 240,
    "reading": 180,
    "naming": 120,
    "labels.named": 120,
    "sqlite_log": 120,
    "publish": 120,
    "serving": 240,
    "grouping": 120,
    "latency": 240,
    "kafka": 900,
    "takeover": 240,
    "storm": 400,
}


def main() -> int:
    """Run them; the number of those that failed is the exit status."""
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"there is no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}")
        return 2
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}")
    failed = 0
    for name in names:
        print(f"\n== {name}", flush=True)
        began = time.monotonic()
        try:
            status = subprocess.run(
                [sys.executable, "-m", f"tests.bench.{name}"], timeout=BENCHMARKS[name], check=False
            ).returncode
        except subprocess.TimeoutExpired:
            status = 1
            print(f"{name} took more than {BENCHMARKS[name]} s and was ended")
        failed += status != 0
        print(f"({time.monotonic() - began:.0f} s)", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
