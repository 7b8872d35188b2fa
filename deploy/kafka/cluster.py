"""Several Kafka nodes on loopback, each broker and controller: what is lost with one of them is still in the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.kafka.broker import Broker, Listener, free_port


@dataclass
class Cluster:
    """Brokers of one cluster; three copies of everything, of which two must be written.

    Parameters
    ----------
    brokers
        Each with the same voters.

    Examples
    --------
    >>> from pathlib import Path
    >>> Cluster.on_ports(Path("/tmp/kafka"), 9092, 3).url
    'kafka://127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094'
    """

    brokers: list[Broker] = field(default_factory=list)

    @classmethod
    def on_ports(cls, directory: Path, port: int, count: int, *, heap: str = "256m") -> Self:
        """A cluster whose brokers listen at `port` and those after it."""
        return cls(list(_nodes(directory, [port + n for n in range(count)], heap, {}, {})))

    @classmethod
    def anywhere(
        cls,
        directory: Path,
        count: int,
        *,
        heap: str = "256m",
        config: Mapping[str, str] | None = None,
        doors: Mapping[int, Mapping[str, Listener]] | None = None,
    ) -> Self:
        """A cluster on free ports.

        Parameters
        ----------
        config
            Settings of every broker.
        doors
            Further listeners by node (from 1) and name.
        """
        ports = [free_port() for _ in range(count)]
        return cls(list(_nodes(directory, ports, heap, config or {}, doors or {})))

    @property
    def url(self) -> str:
        """What `CANHBAO_LOG_URL` takes."""
        return "kafka://" + ",".join(broker.bootstrap for broker in self.brokers)

    def start(self) -> Self:
        """Start all and wait until each answers. Raises `BrokerError`."""
        try:
            for broker in self.brokers:
                broker.launch()
            for broker in self.brokers:
                broker.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop all. The last ones are killed: with no majority left a controller would wait for one."""
        for number, broker in enumerate(self.brokers):
            if number <= len(self.brokers) // 2:
                broker.stop()
            else:
                broker.kill()

    def wait(self) -> None:
        """Wait until the first ends by itself."""
        self.brokers[0].wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _nodes(
    directory: Path,
    ports: list[int],
    heap: str,
    config: Mapping[str, str],
    doors: Mapping[int, Mapping[str, Listener]],
) -> Iterator[Broker]:
    voters = {node: free_port() for node in range(1, len(ports) + 1)}
    for node, port in enumerate(ports, 1):
        yield Broker(
            directory / f"node-{node}",
            port,
            heap,
            dict(config),
            node=node,
            voters=voters,
            listeners=doors.get(node, {}),
        )
