"""Which version of the schema a database has. Without Alembic, which takes its time to load."""

from sqlalchemy import Engine, text

from domain.errors import PacklineError
from models.migrations import HEAD

_VERSIONS = "SELECT to_regclass('alembic_version') IS NOT NULL"
_VERSION = "SELECT version_num FROM alembic_version"


class SchemaOutOfDate(PacklineError):
    """The database has another schema than this version of Packline."""

    message = (
        "The database is at schema {current} and this Packline needs {head}:"
        " run `packline up` or `packline migrate` once."
    )

    def __init__(self, current: str | None, head: str | None) -> None:
        super().__init__(current=current or "none", head=head)


def check_schema(engine: Engine) -> None:
    """Raise `SchemaOutOfDate` unless the database has this version's schema."""
    current = _revision(engine)
    if current != HEAD:
        raise SchemaOutOfDate(current, HEAD)


def _revision(engine: Engine) -> str | None:
    """The revision that the database was last brought to; None: it is empty."""
    with engine.connect() as connection:
        migrated = connection.scalar(text(_VERSIONS))
        return connection.scalar(text(_VERSION)) if migrated else None
