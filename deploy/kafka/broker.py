"""A single Kafka broker (KRaft) on loopback, for tests, benchmarks and a first trial of `kafka://`.

It is not a production set-up: one node, one copy of everything, no encryption.

    python -m deploy.kafka.broker --directory /tmp/kafka

starts it in the foreground and prints the address for `CANHBAO_LOG_URL`.
"""

import argparse
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

#: Environment variable that names the directory of the broker's jars.
LIBS_VARIABLE = "CANHBAO_KAFKA_LIBS"

_POM = Path(__file__).with_name("pom.xml")
_NODE_ID = 1
# Any 16 bytes do: the cluster is this one node.
_CLUSTER_ID = "Y2FuaGJhby1rYWZrYS0xMA"


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
    if not any(libs_directory().glob("kafka_2.13-4*.jar")):
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
    if any(target.glob("kafka_2.13-4*.jar")):
        return target
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerError("Kafka's jars come by Maven: install it (Debian: maven) or set " + LIBS_VARIABLE)
    target.mkdir(parents=True, exist_ok=True)
    command = [maven, "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={target}"]
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - the command is ours, word by word
        raise BrokerError("Maven could not fetch Kafka's jars; its own message is above")
    return target


@dataclass
class Broker:
    """A broker in a directory; a context manager that starts and stops it.

    Parameters
    ----------
    directory
        Where it keeps everything; an earlier broker's data there is used again.
    port
        On 127.0.0.1; 0 takes a free one.
    heap
        Of the Java machine, as it is written after `-Xmx`.
    config
        Broker settings beside (or instead of) those it needs.
    start_within
        How long to wait until it answers.
    """

    directory: Path
    port: int = 0
    heap: str = "512m"
    config: dict[str, str] = field(default_factory=dict)
    start_within: timedelta = timedelta(seconds=60)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def bootstrap(self) -> str:
        """Its `host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """What `CANHBAO_LOG_URL` takes."""
        return f"kafka://{self.bootstrap}"

    def start(self) -> Self:
        """Format the directory if it is new, start the broker and wait until it answers.

        Raises
        ------
        BrokerError
            If something is missing or it does not answer in time.
        """
        if sentence := missing():
            raise BrokerError(sentence)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = self.port or _free_port()
        properties = self._write_properties()
        if not (self.directory / "data" / "meta.properties").exists():
            self._java("kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(properties)).wait(60)
        self._process = self._java("kafka.Kafka", str(properties))
        self._wait_until_ready(self._process)
        return self

    def stop(self) -> None:
        """Stop it, politely first."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Stop it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def wait(self) -> int:
        """Wait until it ends by itself; its exit status."""
        return self._process.wait() if self._process is not None else 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _write_properties(self) -> Path:
        controller = _free_port()
        values = {
            "process.roles": "broker,controller",
            "node.id": str(_NODE_ID),
            "controller.quorum.voters": f"{_NODE_ID}@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self.directory / "data"),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "false",
            "num.network.threads": "2",
            "num.io.threads": "4",
            "log.cleaner.dedupe.buffer.size": str(16 << 20),
            **self.config,
        }
        path = self.directory / "server.properties"
        path.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        return path

    def _java(self, *arguments: str) -> "subprocess.Popen[bytes]":
        java = shutil.which("java") or "java"
        command = [java, f"-Xmx{self.heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        command += ["-cp", str(libs_directory() / "*"), *arguments]
        with (self.directory / "broker.log").open("ab") as output:
            return subprocess.Popen(command, stdout=output, stderr=output, cwd=self.directory)  # noqa: S603 - as above

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + self.start_within.total_seconds()
        while not _answers(self.port):
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise BrokerError(f"Kafka did not start; see {self.directory / 'broker.log'}")
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    """Whether a request for the API versions is answered: it is not before the broker serves requests."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            return len(connection.recv(4)) == 4
    except OSError:
        return False


def main() -> None:
    """Download the jars, or run a broker until it is interrupted."""
    parser = argparse.ArgumentParser(description="Run a single Kafka broker on loopback.")
    parser.add_argument("--download", action="store_true", help="only fetch the jars")
    parser.add_argument("--directory", type=Path, help="where it keeps its data; a temporary one unless given")
    parser.add_argument("--port", type=int, default=9092)
    options = parser.parse_args()
    try:
        download()
        if options.download:
            return
        with tempfile.TemporaryDirectory(prefix="canhbao-kafka-") as temporary:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            with Broker(options.directory or Path(temporary), port=options.port) as broker:
                print(broker.url, flush=True)
                broker.wait()
    except KeyboardInterrupt:
        pass
    except BrokerError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
