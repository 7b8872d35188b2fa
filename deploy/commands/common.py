"""What commands share: the settings of this call, and refusals in one sentence."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:  # the settings take a moment to import, and help does not need them
    from deploy.settings import Settings
    from streams.reading.register import Register

OK, FAILED, USAGE = 0, 1, 2


def say(message: str) -> None:
    """One line on stderr."""
    print(message, file=sys.stderr, flush=True)


def refuse(message: str, code: int = USAGE) -> NoReturn:
    """End the command with a sentence."""
    say(f"canhbao: {message}")
    raise typer.Exit(code)


def load(context: typer.Context) -> "Settings":
    """The settings, with `--config` if it was given."""
    from deploy.settings import load_settings

    chosen: Any = context.find_root().obj
    return load_settings(chosen if isinstance(chosen, Path) else None)


def load_register(settings: "Settings") -> "Register":
    """The register that the settings name."""
    from streams.reading.register import Register

    return Register.load(settings.streams.register_directory)


def now_ms() -> int:
    """Milliseconds since 1970 UTC: the clock of the command line."""
    return time.time_ns() // 1_000_000
