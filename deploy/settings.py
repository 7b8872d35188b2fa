"""Settings of the whole program: the environment over one TOML file over what holds unless told."""

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as EnvironmentFormatError

from api.settings import ApiSettings
from deploy.refusals import sentence
from streams.settings import StreamSettings
from streams.sources.settings import CollectorSettings

PREFIX = "CANHBAO_"
CONFIG_VARIABLE = "CANHBAO_CONFIG"
CONFIG_NAME = "canhbao.toml"
#: Short names of what is set most often, and where it belongs.
SHORT = {
    "log_url": ("streams", "log_url"),
    "http_host": ("http", "host"),
    "http_port": ("http", "port"),
    "public_url": ("http", "public_url"),
    "receivers": ("http", "receivers"),
    "mail": ("http", "mail"),
}


class SettingsError(Exception):
    """A setting that cannot be; one sentence says which, what it is, and what is allowed."""


def default_state_dir(environ: Mapping[str, str]) -> Path:
    """Where state lies unless told: `$XDG_STATE_HOME/canhbao`, or `~/.local/state/canhbao`."""
    home = environ.get("XDG_STATE_HOME")
    base = Path(home) if home and Path(home).is_absolute() else Path("~/.local/state").expanduser()
    return base / "canhbao"


class Settings(BaseSettings):
    """Everything the program is told.

    Attributes
    ----------
    state_dir
        What the one-machine default stores lies here: log, alert store, secrets, the first token.
    store_url
        SQLAlchemy address of the alert store; empty means SQLite in the state directory.
    streams, http, feeds
        The parts' own.
    config
        The settings file that was asked for, if any.
    origins
        Where each value came from that is not a default, by its dotted name: a variable, or the file's path.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    state_dir: Path
    store_url: str = ""
    streams: StreamSettings = Field(default_factory=StreamSettings)
    http: ApiSettings = Field(default_factory=ApiSettings)
    feeds: CollectorSettings = Field(default_factory=CollectorSettings)
    config: Path | None = Field(default=None, exclude=True, repr=False)
    origins: Mapping[str, str] = Field(default_factory=dict, exclude=True, repr=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what `load_settings` has merged, so that nothing is read twice or from elsewhere."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @model_validator(mode="after")
    def _paths_are_absolute(self) -> "Settings":
        if not self.state_dir.is_absolute():
            raise ValueError("state_dir must be an absolute path")
        return self

    @property
    def log_url(self) -> str:
        """Address of the log; the embedded one in the state directory unless told."""
        return self.streams.log_url or f"sqlite:///{self.state_dir / 'log.sqlite'}"

    @property
    def alert_store_url(self) -> str:
        """SQLAlchemy address of the alert store."""
        return self.store_url or f"sqlite:///{self.state_dir / 'alerts.sqlite'}"

    @property
    def first_token_path(self) -> Path:
        """File with the first token."""
        return self.state_dir / self.http.first_token_path


class _Wide(BaseSettings):
    """The names variables are looked for, the short ones among them."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__")

    state_dir: Path = Path()
    store_url: str = ""
    streams: StreamSettings = Field(default_factory=StreamSettings)
    http: ApiSettings = Field(default_factory=ApiSettings)
    feeds: CollectorSettings = Field(default_factory=CollectorSettings)
    log_url: str = ""
    http_host: str = ""
    http_port: int = 0
    public_url: str = ""
    receivers: tuple[dict[str, Any], ...] = ()
    mail: dict[str, Any] = Field(default_factory=dict)


def load_settings(config: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, or refuse them in one sentence.

    Parameters
    ----------
    config
        The TOML file; unless told `$CANHBAO_CONFIG`, else `canhbao.toml` in the state directory if there is one.
    environ
        The variables; those of the process unless told.

    Raises
    ------
    SettingsError
        If a setting is unknown, or a value is not allowed.
    """
    environ = os.environ if environ is None else environ
    own = {name.upper(): value for name, value in environ.items() if name.upper().startswith(PREFIX)}
    chosen = config or (Path(own[CONFIG_VARIABLE]).expanduser() if own.get(CONFIG_VARIABLE) else None)
    own.pop(CONFIG_VARIABLE, None)
    known = default_state_dir(environ) if not own.get("CANHBAO_STATE_DIR") else Path(own["CANHBAO_STATE_DIR"])
    path = chosen or known.expanduser() / CONFIG_NAME
    written = _file(path, required=chosen is not None)
    origins: dict[str, str] = {}
    values: dict[str, Any] = {"state_dir": str(default_state_dir(environ))}
    _merge(values, _folded(written, str(path)), origins, lambda _: str(path))
    _merge(values, _folded(_variables(own), "the environment"), origins, lambda dotted: _variable(dotted, own))
    values["state_dir"] = Path(str(values["state_dir"])).expanduser().absolute()
    try:
        return Settings(**values, config=chosen, origins=origins)
    except ValidationError as error:
        raise SettingsError(sentence(error, values, origins, Settings)) from None


def _file(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise SettingsError(f"the settings file {path} does not exist") from None
        return {}
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {path} is not TOML: {error}") from error


def _variables(own: Mapping[str, str]) -> dict[str, Any]:
    names = list(_Wide.model_fields)
    for variable in own:
        head = variable.removeprefix(PREFIX).split("__")[0].lower()
        if head not in names:
            near = difflib.get_close_matches(head, names, 1)
            hint = f"; did you mean {PREFIX}{near[0].upper()}?" if near else ""
            raise SettingsError(f"{variable} is not a setting{hint}")
    source = _Given(own)
    try:
        return source()
    except EnvironmentFormatError as error:
        field = str(error).split('"')[1] if '"' in str(error) else "a variable"
        raise SettingsError(f"{PREFIX}{field.upper()} must be written as JSON") from None


class _Given(EnvSettingsSource):
    """Variables from a mapping rather than from the process."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self._own = own
        super().__init__(_Wide)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._own.items()}


def _folded(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Put the short names where they belong."""
    folded = dict(values)
    for short, (section, name) in SHORT.items():
        if short not in folded:
            continue
        inner = folded.get(section, {})
        if not isinstance(inner, Mapping) or name in inner:
            raise SettingsError(f"{short} and {section}.{name} are the same setting: give one of them in {where}")
        folded[section] = {**inner, name: folded.pop(short)}
    for name in ("config", "origins"):
        if name in folded:
            raise SettingsError(f"{name} in {where} is not a setting")
    return folded


def _merge(
    into: dict[str, Any], values: Mapping[str, Any], origins: dict[str, str], origin: Callable[[str], str], at: str = ""
) -> None:
    for name, value in values.items():
        dotted = f"{at}{name}"
        if isinstance(value, Mapping) and isinstance(into.get(name, {}), Mapping):
            into[name] = dict(into.get(name, {}))
            _merge(into[name], value, origins, origin, f"{dotted}.")
        else:
            into[name] = value
            origins[dotted] = origin(dotted)


def _variable(dotted: str, own: Mapping[str, str]) -> str:
    parts = dotted.split(".")
    short = [name for name, place in SHORT.items() if list(place) == parts]
    names = [PREFIX + name.upper() for name in short]
    names += [PREFIX + "__".join(parts[:upto]).upper() for upto in range(len(parts), 0, -1)]
    return next((name for name in names if name in own), "the environment")
