"""A progress bar on the terminal, and nothing where there is none."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from streams.sources.files import MentionFile

if TYPE_CHECKING:
    from rich import progress as bars


class Progress(Protocol):
    """Shows how far a publication is."""

    def update(self, lines: int) -> None:
        """So many lines are done."""

    def say(self, message: str) -> None:
        """One line, above the bar."""

    def write(self, line: bytes) -> None:
        """One line on standard output, above the bar where that is the same terminal."""


class Silent:
    """No bar: what is said goes to stderr."""

    def update(self, lines: int) -> None:
        """Show nothing."""

    def say(self, message: str) -> None:
        """One line on stderr."""
        print(message, file=sys.stderr)

    def write(self, line: bytes) -> None:
        """One line on standard output, at once."""
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()


@contextmanager
def shown(files: Sequence[MentionFile], what: str = "mentions") -> Iterator[Progress]:
    """A bar with rate and remaining time on stderr while the block runs, if that is a terminal; it counts `what`."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    from rich import progress as bars
    from rich.console import Console

    sizes = [file.size for file in files]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    columns = (
        bars.TextColumn("{task.fields[lines]:,} " + what),
        bars.BarColumn(),
        bars.TaskProgressColumn(),
        bars.TextColumn("{task.fields[rate]:,.0f}/s"),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar, bar.add_task("", total=total, lines=0, rate=0.0), files)


class _Bar:
    def __init__(self, bar: "bars.Progress", task: "bars.TaskID", files: Sequence[MentionFile]) -> None:
        self._bar = bar
        self._task = task
        self._files = files

    def update(self, lines: int) -> None:
        done = sum(file.consumed for file in self._files)
        elapsed = self._bar.tasks[0].elapsed or 0.001
        self._bar.update(self._task, completed=done, lines=lines, rate=lines / elapsed)

    def say(self, message: str) -> None:
        self._bar.console.print(message, markup=False, highlight=False)

    def write(self, line: bytes) -> None:
        if sys.stdout.isatty():
            self._bar.console.print(line.decode(), markup=False, highlight=False, soft_wrap=True)
        else:
            Silent().write(line)
