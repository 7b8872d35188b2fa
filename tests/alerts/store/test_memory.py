"""The store in memory keeps the contract."""

import pytest

from alerts.store import AlertStore, open_store
from tests.contracts.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> AlertStore:
        return open_store("memory:")
