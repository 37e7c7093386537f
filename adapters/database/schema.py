"""Bringing the database's schema up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

import models.migrations
from adapters.database.locks import MIGRATING
from adapters.database.timeouts import allow_long_work


def migrate(engine: Engine, revision: str = "head") -> None:
    """Upgrade the schema to `revision`."""
    with engine.begin() as connection:
        allow_long_work(connection)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        command.upgrade(_config(connection), revision)


def unmigrate(engine: Engine, revision: str = "base") -> None:
    """Take the schema back to `revision`; `base` is empty."""
    with engine.begin() as connection:
        allow_long_work(connection)
        command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(models.migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config
