"""The store on SQLite keeps the contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.store import AlertStore, open_store
from tests.contracts.store_contract import StoreContract


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[AlertStore]:
        store = open_store(f"sqlite:///{tmp_path / 'alerts.sqlite'}")
        yield store
        store.close()
