"""Bad input on a real broker: a message that names the place; the worker goes on where it safely can."""

import asyncio
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.record.util import calc_crc32c

from deploy.kafka.broker import Broker
from deploy.kafka.jars import missing
from streams.log import AdminLog, LogError, open_log
from streams.mentions import DeadLetter, RefusalReason
from streams.transports.batches import NewRecord, RecordLike
from streams.watching.envelopes import Envelope, Marks, decode, encode
from tests.rig import Rig

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

Patch = Callable[[bytearray, int], None]


def flip_a_bit(batch: bytearray, crc_at: int) -> None:
    """The last byte is not as it was written, and the checksum says so."""
    del crc_at
    batch[-1] ^= 0xFF


def name_an_unknown_codec(batch: bytearray, crc_at: int) -> None:
    """Compressed by the seventh codec, of which there are four; the checksum is right."""
    (attributes,) = struct.unpack_from(">h", batch, crc_at + 4)
    struct.pack_into(">h", batch, crc_at + 4, (attributes & ~7) | 7)
    struct.pack_into(">I", batch, crc_at, calc_crc32c(bytes(batch[crc_at + 4 :])))


def break_the_compressed(batch: bytearray, crc_at: int) -> None:
    """What is compressed is no lz4; the checksum is right."""
    batch[crc_at + 44 : crc_at + 52] = b"no frame"
    struct.pack_into(">I", batch, crc_at, calc_crc32c(bytes(batch[crc_at + 4 :])))


def patch(broker: Broker, topic: str, offset: int, change: Patch) -> None:
    """Change the batch at `offset` in the log's own file; the broker is stopped meanwhile."""
    broker.stop()
    path = broker.directory / "data" / f"{topic}-0" / f"{0:020}.log"
    data, at = bytearray(path.read_bytes()), 0
    while True:
        base, length = struct.unpack_from(">qi", data, at)
        if base == offset:
            break
        at += 12 + length
    batch = data[at : at + 12 + length]
    change(batch, 17)
    data[at : at + 12 + length] = batch
    path.write_bytes(data)
    broker.start()


def mentions(first: int, count: int = 5) -> list[NewRecord]:
    """Ordinary ones."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    source = {"kind": "news", "name": "Báo A"}
    lines = [
        {"id": f"m{n}", "published_at": now, "source": source, "title": "x", "organisations": ["01"]}
        for n in range(first, first + count)
    ]
    return [NewRecord(json.dumps(line).encode()) for line in lines]


class Desk:
    """A broker of its own with the topics of the live run, one `mentions` partition, and its log's client."""

    def __init__(self, directory: Path, broker: Broker) -> None:
        self.broker = broker
        one = {"CANHBAO_STREAMS__MENTIONS_PARTITIONS": "1", "CANHBAO_STREAMS__READINGS_PARTITIONS": "1"}
        self.rig = Rig(directory, broker.url, settings=one)
        self.log: AdminLog = open_log(broker.url)

    async def begin(self) -> None:
        """Connect, with the topics made."""
        command = [sys.executable, "-m", "deploy.cli", "topics", "create"]
        done = await asyncio.to_thread(
            subprocess.run, command, env=self.rig.environment, capture_output=True, check=False, timeout=100
        )
        assert done.returncode == 0, done.stderr.decode()
        await self.log.start()

    async def patched(self, topic: str, offset: int, change: Patch) -> None:
        """Patch the log, and connect again."""
        await self.log.stop()
        await asyncio.to_thread(patch, self.broker, topic, offset, change)
        await self.log.start()

    def start(self) -> "subprocess.Popen[bytes]":
        """Start a worker of the live run."""
        with (self.rig.directory / "worker-1.log").open("ab") as output:
            command = [sys.executable, "-m", "deploy.cli", "worker"]
            process = subprocess.Popen(command, env=self.rig.environment, stdout=output, stderr=output)
        self.rig.processes.append(process)
        return process

    async def all(self, topic: str) -> Sequence[RecordLike]:
        """Everything in a topic's first partition."""
        _, end = await self.log.bounds(topic, 0)
        found: list[RecordLike] = []
        while (found[-1].offset + 1 if found else 0) < end:
            at = found[-1].offset + 1 if found else 0
            found += await self.log.read(topic, 0, at, wait=timedelta(seconds=5))
        return found

    async def letters(self) -> list[DeadLetter]:
        """The dead letters."""
        return [msgspec.json.decode(r.value, type=DeadLetter) for r in await self.all("mentions.dead") if r.value]

    async def committed(self, offset: int) -> None:
        """Wait until `mentions` is committed up to there."""
        deadline = time.monotonic() + 90
        while (await self.log.committed("canhbao", "mentions", 0) or 0) < offset:
            assert time.monotonic() < deadline, self.rig.complaints()
            assert self.rig.processes[-1].poll() is None, self.rig.complaints()
            await asyncio.sleep(0.2)


@asynccontextmanager
async def desk_at(directory: Path) -> AsyncIterator[Desk]:
    """Everything ready."""
    if sentence := missing():
        pytest.skip(sentence)
    broker = Broker(directory / "kafka", heap="256m")
    await asyncio.to_thread(broker.start)
    desk = Desk(directory, broker)
    try:
        await desk.begin()
        yield desk
    finally:
        await asyncio.to_thread(desk.rig.stop)
        await desk.log.stop()
        await asyncio.to_thread(broker.stop)


@pytest.mark.parametrize("change", [flip_a_bit, name_an_unknown_codec, break_the_compressed], ids=lambda c: c.__name__)
async def test_a_batch_of_mentions_that_cannot_be_decoded_is_named_and_passed_over(
    tmp_path: Path, change: Patch
) -> None:
    async with desk_at(tmp_path) as desk:
        for first in (0, 5, 10):
            await desk.log.append("mentions", 0, mentions(first))
        await desk.patched("mentions", 5, change)
        worker = desk.start()
        await desk.committed(15)
        (letter,) = {letter.offset: letter for letter in await desk.letters()}.values()
        assert (letter.reason, letter.topic, letter.partition, letter.offset) == (
            RefusalReason.UNREADABLE,
            "mentions",
            0,
            5,
        )
        assert "mentions/0: offsets 5 to 9 cannot be decoded" in desk.rig.complaints()
        envelopes = [decode(r.value) for r in await desk.all("readings") if r.value]
        read = sum(t.mentions for e in envelopes if isinstance(e, Envelope) for t in e.totals)
        assert read == 10
        await desk.log.append("mentions", 0, mentions(15))
        _, end = await desk.log.bounds("mentions", 0)
        await desk.committed(end)
        assert worker.poll() is None


async def test_a_batch_of_readings_that_cannot_be_decoded_ends_the_worker_with_its_place(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as desk:
        for _ in range(3):
            await desk.log.append("readings", 0, [NewRecord(encode(Marks(((0, 0, 1),))))])
        await desk.patched("readings", 1, flip_a_bit)
        worker = desk.start()
        assert await asyncio.to_thread(worker.wait, 90) == 1
        last = desk.rig.complaints().strip().splitlines()[-1]
        assert "readings/0 cannot be decoded at offsets 1 to 1" in last
        assert "restore the log, or start a new run" in last


async def test_what_cannot_be_decoded_is_named_to_every_other_reader_too(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as desk:
        await desk.log.append("findings", 0, mentions(0))
        await desk.patched("findings", 0, flip_a_bit)
        with pytest.raises(LogError, match=r"findings/0 cannot be decoded somewhere from offset 0 on"):
            await desk.log.read("findings", 0, 0, wait=timedelta(seconds=10))


async def test_a_mention_of_ten_megabytes_is_refused_with_its_place_and_the_next_is_read(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as desk:
        servers = desk.broker.bootstrap
        admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        await admin.start()
        larger = {"max.message.bytes": str(20 << 20), "message.timestamp.type": "LogAppendTime"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "mentions", larger)])
        await admin.close()
        producer = AIOKafkaProducer(bootstrap_servers=servers, max_request_size=20 << 20, request_timeout_ms=30_000)
        await producer.start()
        await asyncio.sleep(1)
        large = json.dumps({"id": "large", "title": "á" * (10 << 19)}, ensure_ascii=False).encode()
        await producer.send_and_wait("mentions", large, partition=0)
        await producer.stop()
        await desk.log.append("mentions", 0, mentions(0))
        worker = desk.start()
        await desk.committed(6)
        (letter,) = await desk.letters()
        assert (letter.reason, letter.partition, letter.offset) == (RefusalReason.TOO_LARGE, 0, 0)
        assert letter.size == len(large) > 10_000_000
        assert worker.poll() is None
        assert "topic mentions: max.message.bytes is 20971520" in desk.rig.complaints()


class Old(threading.Thread):
    """A broker of years ago, as far as it goes: it answers what it is asked first, and its versions are old ones.

    Parameters
    ----------
    versions
        Lowest and highest by the number of a request: 0 is Produce, 1 Fetch.
    """

    def __init__(self, versions: dict[int, tuple[int, int]]) -> None:
        super().__init__(daemon=True)
        self._versions = versions
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"kafka://127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self) -> None:
        """Answer one after the other."""
        while True:
            connection, _ = self._listener.accept()
            with connection:
                request = connection.recv(4096)
                (correlation,) = struct.unpack_from(">i", request, 8)
                entries = b"".join(struct.pack(">hhh", key, *range_) for key, range_ in self._versions.items())
                body = struct.pack(">ihi", correlation, 0, len(self._versions)) + entries
                connection.sendall(struct.pack(">i", len(body)) + body)
                connection.recv(4096)


#: What a broker of today speaks of what is needed.
TODAY = {0: (3, 12), 1: (4, 17), 2: (1, 10), 3: (0, 13), 11: (0, 9), 18: (0, 0)}


@pytest.mark.parametrize(
    ("versions", "sentence"),
    [
        pytest.param({**TODAY, 0: (0, 2)}, r"it speaks Produce 0 to 2, needed is one of 3 to \d+", id="too old"),
        pytest.param({**TODAY, 1: (90, 99)}, r"it speaks Fetch 90 to 99, needed is one of 4 to \d+", id="too new"),
        pytest.param({18: (0, 0)}, r"it speaks Produce -1 to -1", id="no broker"),
    ],
)
async def test_a_broker_of_the_wrong_version_is_refused_with_what_it_speaks(
    versions: dict[int, tuple[int, int]], sentence: str
) -> None:
    broker = Old(versions)
    broker.start()
    with pytest.raises(LogError, match=sentence):
        await open_log(broker.url).start()


async def test_a_server_that_is_no_kafka_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_say_http, args=(listener,), daemon=True).start()
        with pytest.raises(LogError, match=r"does not answer|cannot be used"):
            await open_log(f"kafka://127.0.0.1:{listener.getsockname()[1]}").start()


def _say_http(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
