"""Many orders out of one: its rows, copied by Postgres.

What is copied is a real order, so nobody can tell the copies from orders that came there by
themselves; `packline audit` does not.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg

_COLUMNS = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
    ORDER BY ordinal_position
"""


class Copied(NamedTuple):
    """The rows of a table that belong to the original, and what differs in their copy `i`."""

    which: str
    changed: Mapping[str, str]


def new_id(column: str) -> str:
    """The copy's id: always the same for the same original, so that copies refer to copies."""
    return f"md5(t.{column}::text || i)::uuid"


def connect(url: str) -> psycopg.Connection:
    """Values are written into the statements: Postgres then knows what `'order:' || 7` is."""
    return psycopg.connect(url, cursor_factory=psycopg.ClientCursor)


def copy(
    connection: psycopg.Connection, tables: Mapping[str, Copied], given: Mapping[str, Any]
) -> None:
    """Make the copies `first` to `last` of an original, table by table."""
    for table, (which, changed) in tables.items():
        columns = [name for (name,) in connection.execute(_COLUMNS, [table])]
        values = ", ".join(changed.get(name, f"t.{name}") for name in columns)
        connection.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} t,"
            f" generate_series(%(first)s, %(last)s) i WHERE {which}",
            given,
        )
