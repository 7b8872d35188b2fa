"""One Kafka node (KRaft, broker and controller in one) on loopback; `deploy.kafka.cluster` puts several together.

It is not a production set-up: everything is on one machine, and nothing is encrypted unless a listener says so.

    python -m deploy.kafka.broker --directory /tmp/kafka

starts one in the foreground and prints the address for `CANHBAO_LOG_URL`; `--brokers 3` starts three.
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
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.kafka.jars import BrokerError, download, libs_directory, missing

# Any 16 bytes do: clusters on one machine are told apart by their ports.
_CLUSTER_ID = "Y2FuaGJhby1rYWZrYS0xMA"


@dataclass(frozen=True, slots=True)
class Listener:
    """A further door of a broker, beside the plain one.

    Parameters
    ----------
    port
        On 127.0.0.1.
    protocol
        As Kafka names it: `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`.
    advertised_port
        Where clients who came by it are sent: a proxy's port, for example; the door itself unless told.
    """

    port: int
    protocol: str = "PLAINTEXT"
    advertised_port: int = 0


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
    node, voters
        Its number, and the ports of all controllers by number; alone unless told.
    listeners
        Further doors by name.
    format_options
        Of Kafka's storage tool, which makes the directory: first users, for example.
    environment
        Beside this process's own, when it is started.
    java_options
        Of the Java machine, beside those for its size.
    """

    directory: Path
    port: int = 0
    heap: str = "512m"
    config: dict[str, str] = field(default_factory=dict)
    start_within: timedelta = timedelta(seconds=60)
    node: int = 1
    voters: Mapping[int, int] = field(default_factory=dict)
    listeners: Mapping[str, Listener] = field(default_factory=dict)
    format_options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    java_options: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def bootstrap(self) -> str:
        """Its `host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """What `CANHBAO_LOG_URL` takes."""
        return f"kafka://{self.bootstrap}"

    @property
    def running(self) -> bool:
        """Whether its process is there (it may be stopped by a signal)."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Format the directory if it is new, start the broker and wait until it answers.

        Raises
        ------
        BrokerError
            If something is missing or it does not answer in time.
        """
        self.launch()
        self.wait_until_ready()
        return self

    def launch(self) -> None:
        """Start it without waiting: a node of several answers only when others are there. Raises `BrokerError`."""
        if sentence := missing():
            raise BrokerError(sentence)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        self.voters = self.voters or {self.node: free_port()}
        properties = self._write_properties()
        if not (self.directory / "data" / "meta.properties").exists():
            tool = ("kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(properties))
            if self._java(*tool, *self.format_options).wait(60):
                raise BrokerError(f"Kafka's storage tool failed; see {self.directory / 'broker.log'}")
        self._process = self._java("kafka.Kafka", str(properties))

    def wait_until_ready(self) -> None:
        """Wait until it answers. Raises `BrokerError`."""
        deadline = time.monotonic() + self.start_within.total_seconds()
        while not answers(self.port):
            if not self.running or time.monotonic() > deadline:
                self.stop()
                raise BrokerError(f"Kafka did not start; see {self.directory / 'broker.log'}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it, politely first."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGCONT)
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

    def pause(self) -> None:
        """Hold it where it stands: connections stay, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after `pause`."""
        self._signal(signal.SIGCONT)

    def wait(self) -> int:
        """Wait until it ends by itself; its exit status."""
        return self._process.wait() if self._process is not None else 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _write_properties(self) -> Path:
        doors = {"PLAINTEXT": Listener(self.port), **self.listeners}
        controller = f"CONTROLLER://127.0.0.1:{self.voters[self.node]}"
        own = [f"{name}://127.0.0.1:{door.port}" for name, door in doors.items()]
        told = [f"{name}://127.0.0.1:{door.advertised_port or door.port}" for name, door in doors.items()]
        protocols = [f"{name}:{door.protocol}" for name, door in doors.items()]
        copies, least = min(3, len(self.voters)), min(2, len(self.voters))
        values = {
            "process.roles": "broker,controller",
            "node.id": str(self.node),
            "controller.quorum.voters": ",".join(f"{node}@127.0.0.1:{port}" for node, port in self.voters.items()),
            "listeners": ",".join([*own, controller]),
            "advertised.listeners": ",".join(told),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": ",".join([*protocols, "CONTROLLER:PLAINTEXT"]),
            "log.dirs": str(self.directory / "data"),
            "default.replication.factor": str(copies),
            "min.insync.replicas": str(least),
            "offsets.topic.replication.factor": str(copies),
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": str(copies),
            "transaction.state.log.min.isr": str(least),
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "false",
            "num.network.threads": "2",
            "num.io.threads": "4",
            "log.cleaner.dedupe.buffer.size": str(16 << 20),
            **self.config,
        }
        path = self.directory / "server.properties"
        path.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        path.chmod(0o600)  # listeners may name passwords
        return path

    def _java(self, *arguments: str) -> "subprocess.Popen[bytes]":
        java = shutil.which("java") or "java"
        command = [java, f"-Xmx{self.heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *self.java_options]
        command += ["-cp", str(libs_directory() / "*"), *arguments]
        told = {**os.environ, **self.environment}
        with (self.directory / "broker.log").open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - the command is ours, word by word
                command, stdout=output, stderr=output, cwd=self.directory, env=told
            )


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether a request for the API versions is answered: it is not before the broker serves requests."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            return len(connection.recv(4)) == 4
    except OSError:
        return False


def main() -> None:
    """Download the jars, or run one broker or several until interrupted."""
    from deploy.kafka.cluster import Cluster

    parser = argparse.ArgumentParser(description="Run Kafka on loopback.")
    parser.add_argument("--download", action="store_true", help="only fetch the jars")
    parser.add_argument("--directory", type=Path, help="where it keeps its data; a temporary one unless given")
    parser.add_argument("--port", type=int, default=9092, help="of the first broker; the others take those after it")
    parser.add_argument("--brokers", type=int, default=1, choices=(1, 3), help="three keep three copies of everything")
    options = parser.parse_args()
    try:
        download()
        if options.download:
            return
        with tempfile.TemporaryDirectory(prefix="canhbao-kafka-") as temporary:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            directory = options.directory or Path(temporary)
            if options.brokers == 1:
                with Broker(directory, port=options.port) as broker:
                    print(broker.url, flush=True)
                    broker.wait()
            else:
                with Cluster.on_ports(directory, options.port, options.brokers) as cluster:
                    print(cluster.url, flush=True)
                    cluster.wait()
    except KeyboardInterrupt:
        pass
    except BrokerError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
