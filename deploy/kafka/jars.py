"""Kafka's jars: where they are, whether they can be run, and how Maven fetches them."""

import os
import shutil
import subprocess
from pathlib import Path

#: Environment variable that names the directory of the broker's jars.
LIBS_VARIABLE = "CANHBAO_KAFKA_LIBS"

_POM = Path(__file__).with_name("pom.xml")
_PATTERN = "kafka_2.13-4*.jar"


class BrokerError(Exception):
    """The broker cannot be started; the sentence says what is missing."""


def libs_directory() -> Path:
    """Where the jars are, or will be downloaded to: `CANHBAO_KAFKA_LIBS`, else a place in the user's cache."""
    if given := os.environ.get(LIBS_VARIABLE):
        return Path(given)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "canhbao" / "kafka-libs"


def missing() -> str | None:
    """What is needed for the broker and not there, as a sentence; `None` when it can be started at once."""
    if shutil.which("java") is None:
        return "Kafka needs Java 17 or later (Debian: default-jre-headless)"
    if not any(libs_directory().glob(_PATTERN)):
        return f"Kafka's jars are not in {libs_directory()}: run python -m deploy.kafka.broker --download"
    return None


def download() -> Path:
    """Fetch the jars by Maven, unless they are there.

    Returns
    -------
    The directory they are in.

    Raises
    ------
    BrokerError
        If Maven is missing or fails.
    """
    target = libs_directory()
    if any(target.glob(_PATTERN)):
        return target
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerError("Kafka's jars come by Maven: install it (Debian: maven) or set " + LIBS_VARIABLE)
    target.mkdir(parents=True, exist_ok=True)
    command = [maven, "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={target}"]
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - the command is ours, word by word
        raise BrokerError("Maven could not fetch Kafka's jars; its own message is above")
    return target
