"""The broker's harness without a broker: what it says when something is missing."""

from pathlib import Path

import pytest

from deploy.kafka.broker import Broker
from deploy.kafka.jars import LIBS_VARIABLE, BrokerError, download, libs_directory, missing


def test_the_jars_are_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(LIBS_VARIABLE, str(tmp_path))
    assert libs_directory() == tmp_path


def test_the_jars_are_in_the_users_cache_unless_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(LIBS_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert libs_directory() == tmp_path / "canhbao" / "kafka-libs"


def test_without_java_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Java" in str(missing())
    with pytest.raises(BrokerError, match="Java"):
        Broker(tmp_path).start()


def test_without_jars_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(LIBS_VARIABLE, str(tmp_path / "none"))
    assert "--download" in str(missing())
    with pytest.raises(BrokerError, match="Maven"):
        download()


def test_a_broker_that_ends_at_once_is_reported_with_its_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    libs = tmp_path / "libs"
    libs.mkdir()
    (libs / "kafka_2.13-4.1.1.jar").touch()
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\nexit 1\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv(LIBS_VARIABLE, str(libs))
    with pytest.raises(BrokerError, match=r"broker\.log"):
        Broker(tmp_path / "broker").start()
