"""Settings: environment over file over defaults, and refusals in one sentence."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.settings import Settings, SettingsError, default_state_dir, load_settings

SECRET = "whsec_" + "QUJD" * 11


def load(tmp_path: Path, toml: str = "", **variables: str) -> Settings:
    state = tmp_path / "state"
    state.mkdir(exist_ok=True)
    if toml:
        (state / "canhbao.toml").write_text(toml, encoding="utf-8")
    environ = {f"CANHBAO_{name}": value for name, value in variables.items()}
    return load_settings(environ={"CANHBAO_STATE_DIR": str(state), **environ})


def refusal(tmp_path: Path, toml: str = "", **variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, toml, **variables)
    return str(caught.value)


def test_the_defaults_need_nothing(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.log_url == f"sqlite:///{tmp_path}/state/log.sqlite"
    assert settings.alert_store_url == f"sqlite:///{tmp_path}/state/alerts.sqlite"
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 8080)


def test_the_environment_stands_over_the_file(tmp_path: Path) -> None:
    toml = '[http]\nport = 81\npublic_url = "https://a.vn"\n[streams]\nmentions_partitions = 8\n'
    settings = load(tmp_path, toml, HTTP_PORT="82")
    assert settings.http.port == 82
    assert settings.http.public_url == "https://a.vn"
    assert settings.streams.mentions_partitions == 8
    assert settings.origins["http.port"] == "CANHBAO_HTTP_PORT"
    assert settings.origins["streams.mentions_partitions"].endswith("canhbao.toml")


def test_short_and_long_names_mean_the_same(tmp_path: Path) -> None:
    assert load(tmp_path, HTTP__PORT="83").http.port == load(tmp_path, HTTP_PORT="83").http.port == 83
    assert load(tmp_path, "http_port = 84").http.port == 84
    assert load(tmp_path, LOG_URL="kafka://k:9092").log_url == "kafka://k:9092"


def test_receivers_and_feeds_come_from_the_file(tmp_path: Path) -> None:
    toml = f"""
    [[receivers]]
    name = "duty"
    url = "https://nhan.example.vn/hook"
    secret = "{SECRET}"
    [[feeds.sources]]
    url = "https://example.vn/rss"
    name = "Báo A"
    [streams.detection]
    warm_up = 60
    """
    settings = load(tmp_path, toml)
    assert settings.http.receivers[0].name == "duty"
    assert settings.feeds.sources[0].name == "Báo A"
    assert settings.streams.detection.warm_up == 60


def test_a_chosen_file_must_be_there(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path, CONFIG=str(tmp_path / "none.toml"))


def test_a_chosen_file_takes_the_place_of_the_usual_one(tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(f'state_dir = "{tmp_path / "elsewhere"}"\nhttp_port = 85\n')
    settings = load_settings(other, environ={})
    assert (settings.state_dir, settings.http.port) == (tmp_path / "elsewhere", 85)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HTTP_PORT": "99999"}, ["http.port", "CANHBAO_HTTP_PORT", "at most 65535", "'99999'"]),
        ({"HTTP_PORT": "http"}, ["http.port", "a whole number", "'http'"]),
        ({"HTP_PORT": "1"}, ["CANHBAO_HTP_PORT is not a setting", "CANHBAO_HTTP_PORT"]),
        ({"HTTP__PROT": "1"}, ["http.prot", "did you mean port"]),
        ({"STREAMS__RUN": "Run 1"}, ["streams.run", "must match", "'Run 1'"]),
        ({"STREAMS__OWNER_PATIENCE": "long"}, ["streams.owner_patience", "duration"]),
        ({"STREAMS__DETECTION__WARMUP": "1"}, ["streams.detection", "'warmup'"]),
        ({"RECEIVERS": "{"}, ["CANHBAO_RECEIVERS", "JSON"]),
        ({"RECEIVERS": json.dumps([{"name": "a", "url": "https://a.vn"}])}, ["receivers.0", "needs secret"]),
        ({"HTTP__ALLOW_NETWORKS": '["10.0.0.0/99"]'}, ["http.allow_networks.0", "a network such as"]),
        ({"FEEDS__SOURCES": '[{"url": "ftp://a", "name": "a"}]'}, ["feeds.sources.0.url", "must be an address"]),
        ({"FEEDS__SOURCES": '[{"url": "https://a", "name": "a", "kind": "x"}]'}, ["must be one of 'news'"]),
        ({"HTTP_PORT": "1", "HTTP__PORT": "2"}, ["the same setting"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_is_refused_in_one_sentence(tmp_path: Path, variables: dict[str, str], said: list[str]) -> None:
    sentence = refusal(tmp_path, **variables)
    assert "\n" not in sentence
    assert "pydantic" not in sentence
    for part in said:
        assert part in sentence


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, "[hpt]\nport = 1\n")
    assert sentence.startswith("hpt")
    assert "is not a setting" in sentence
    assert "did you mean http?" in sentence


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    assert "is not TOML" in refusal(tmp_path, "[http\n")


@given(secret=st.text(alphabet="abcXYZ0123456789+/=_-", min_size=8, max_size=60))
def test_a_secret_never_stands_in_a_refusal(tmp_path_factory: pytest.TempPathFactory, secret: str) -> None:
    receivers = json.dumps([{"name": "a", "url": "https://a.vn", "secret": secret}])
    assert secret not in refusal(tmp_path_factory.mktemp("s"), RECEIVERS=receivers)


def test_a_password_in_an_address_never_stands_in_a_refusal(tmp_path: Path) -> None:
    receivers = json.dumps([{"name": "a", "url": "https://me:hunter2@a.vn", "secret": SECRET}])
    assert "hunter2" not in refusal(tmp_path, RECEIVERS=receivers)


@pytest.mark.parametrize(("home", "expected"), [("/x", "/x/canhbao"), ("relative", None), ("", None)])
def test_state_lies_where_the_desktop_keeps_state(home: str, expected: str | None) -> None:
    fallback = str(Path("~/.local/state/canhbao").expanduser())
    assert str(default_state_dir({"XDG_STATE_HOME": home})) == (expected or fallback)
