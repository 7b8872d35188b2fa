"""The command line: `canhbao`."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.backtest import backtest
from deploy.commands.claims import claims
from deploy.commands.collect import collect
from deploy.commands.common import FAILED, USAGE, say
from deploy.commands.doctor import doctor
from deploy.commands.erase import erase
from deploy.commands.model import model
from deploy.commands.organisations import organisations
from deploy.commands.proposal import proposal
from deploy.commands.publish import publish
from deploy.commands.read import read
from deploy.commands.receivers import receivers
from deploy.commands.run import run
from deploy.commands.serve import serve
from deploy.commands.tokens import tokens
from deploy.commands.topics import topics
from deploy.commands.train import train
from deploy.commands.worker import worker


def make_app() -> typer.Typer:
    """The commands put together."""
    app = typer.Typer(
        name="canhbao",
        help="Real-time crisis alerts for the policy communication of ministries, agencies and provinces.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def settings(
        context: typer.Context,
        config: Annotated[
            Path | None,
            typer.Option(
                help="Settings file (TOML); unless told $CANHBAO_CONFIG, or canhbao.toml in the state directory."
            ),
        ] = None,
        parent: Annotated[int, typer.Option(hidden=True)] = 0,
    ) -> None:
        context.obj = config
        if parent:
            from deploy.lifeline import tie_to

            tie_to(parent)

    for command in (
        run,
        worker,
        serve,
        publish,
        collect,
        read,
        backtest,
        organisations,
        erase,
        proposal,
        train,
        doctor,
    ):
        app.command()(command)
    app.add_typer(topics, name="topics")
    app.add_typer(tokens, name="tokens")
    app.add_typer(model, name="model")
    app.add_typer(receivers, name="receivers")
    app.add_typer(claims, name="claims")
    return app


def main() -> None:
    """Run the command of the process's arguments, and end the process with its status."""
    os.umask(0o077)  # what is written here is for this user only, wherever it is written
    # People read Vietnamese here, whatever the locale says.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        make_app()()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (such as `head`): nothing is wrong, and nothing can be written any more.
        sys.stdout = None
        sys.exit(0)
    except Exception as error:  # one sentence for what users can mend; everything else keeps its traceback
        code = _code(error)
        if code is None:
            raise
        say(f"canhbao: {error}")
        sys.exit(code)


def _code(error: Exception) -> int | None:
    """Exit status of an error that its sentence explains; `None` for a fault of ours."""
    from alerts.errors import AlertsError
    from api.settings import SettingsError as ApiSettingsError
    from deploy.settings import SettingsError
    from deploy.state import StateError
    from streams.agents.read import TooManyBugsError
    from streams.log import LogError
    from streams.reading.register import RegisterError
    from streams.running import STALLED
    from streams.sources.files import SourceFileError
    from streams.sources.replay_publisher import ReplayMismatchError
    from streams.watchdog import StalledError
    from streams.watching.state import StateError as WatchStateError

    if isinstance(error, StalledError):
        return STALLED
    if isinstance(error, SettingsError | ApiSettingsError | StateError | RegisterError | SourceFileError):
        return USAGE
    failures = LogError | AlertsError | ReplayMismatchError | TooManyBugsError | WatchStateError
    return FAILED if isinstance(error, failures) else None


if __name__ == "__main__":
    main()
