"""Bring a database's tables up to date at start: written migrations only, once however many start together."""

from importlib.resources import as_file, files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from alerts.errors import StoreInvalidError, StoreNewerError
from alerts.store.sql.database import Database

_VERSIONS = sa.table("alembic_version", sa.column("version_num", sa.String))


def migrate(database: Database) -> None:
    """Run the migrations that are missing, in one transaction.

    Raises
    ------
    StoreNewerError
        If the database is of a version that this program does not know.
    StoreInvalidError
        If the database holds tables of something else.
    """
    with as_file(files("alerts.store") / "migrations") as directory:
        config = Config()
        config.set_main_option("script_location", str(directory).replace("%", "%%"))
        scripts = ScriptDirectory.from_config(config)
        with database.read() as connection:
            if _version(connection, scripts, database.where) == scripts.get_current_head():
                return
        with database.write() as connection:
            if _version(connection, scripts, database.where) != scripts.get_current_head():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")


def _version(connection: sa.Connection, scripts: ScriptDirectory, where: str) -> str | None:
    """The version the database is of; `None` for an empty one."""
    tables = set(sa.inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if tables:
            raise StoreInvalidError(f"{where} holds other tables ({min(tables)} …): give the alert store its own")
        return None
    version = connection.scalar(sa.select(_VERSIONS.c.version_num))
    if version is not None and version not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreNewerError(f"{where} was written by a newer version of canhbao ({version}): update the program")
    return version
