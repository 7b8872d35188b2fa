"""Where alerts last: one protocol, in SQL (SQLite, PostgreSQL) or in memory."""

from alerts.errors import StoreError
from alerts.store.protocol import AlertStore, Due, History

__all__ = ["AlertStore", "Due", "History", "open_store"]


def open_store(url: str) -> AlertStore:
    """Open the store at an address, bringing its schema up to date.

    Parameters
    ----------
    url
        ``sqlite:///path/to/file``, ``postgresql://…``, or ``memory:`` for one that forgets.

    Raises
    ------
    StoreUnavailableError
        If it cannot be reached or written.
    StoreInvalidError
        If something else is there.
    StoreNewerError
        If a newer version of the program wrote it.
    StoreError
        If the address is of another kind.

    Examples
    --------
    >>> open_store("memory:").latest()
    0
    """
    if url == "memory:":
        from alerts.store.memory import MemoryStore  # noqa: PLC0415 - one store is enough

        return MemoryStore()
    if url.startswith(("sqlite:///", "postgresql://", "postgresql+")):
        from alerts.store.sql import SqlStore  # noqa: PLC0415 - SQLAlchemy takes a while to import

        return SqlStore.open(url)
    raise StoreError(f"CANHBAO_STORE_URL must be sqlite:///path or postgresql://…, not {url.partition('://')[0]!r}")
