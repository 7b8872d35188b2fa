"""The transport contract on the embedded log, and what only it promises."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.transports.sqlite.client import SqliteLogClient
from tests.contracts.transport_contract import Harness, TransportContract


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    log = SqliteLogClient(url)
    await log.start()
    yield Harness(url, log)
    await log.stop()


class TestSqliteTransport(TransportContract):
    """The contract."""
