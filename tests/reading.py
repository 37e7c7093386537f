"""How much is read: counted by Postgres itself, so that a test need not look at a clock.

Postgres reads a small table from end to end, and a large one by its indexes. Here it takes the
indexes of the small ones too, so that hundreds of rows show what would become of millions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, event

from adapters.database.sessions import engine
from tests.process import rows

_READ = """
    SELECT coalesce((SELECT sum(seq_tup_read) FROM pg_stat_user_tables), 0)
        + coalesce((SELECT sum(idx_tup_read) FROM pg_stat_user_indexes), 0)
"""

_COUNT_AT_ONCE = "SELECT pg_stat_force_next_flush()"
"""Else the figures come when the connection has rested for a while."""

_AS_IF_LARGE = "; ".join(
    f"SET LOCAL enable_{way} = off" for way in ("seqscan", "hashjoin", "mergejoin", "bitmapscan")
)


@dataclass
class Read:
    """How many statements were sent, and how many rows of tables and entries of indexes were read
    for them.
    """

    statements: int = 0
    rows: int = 0


@contextmanager
def counted_reads() -> Iterator[Read]:
    """Count what is sent and read meanwhile; the figures are there at the end."""
    read = Read()

    def sent(*_given: object) -> None:
        read.statements += 1

    def begun(connection: Connection) -> None:
        connection.connection.cursor().execute(_AS_IF_LARGE)

    def about_to_commit(connection: Connection) -> None:
        connection.connection.cursor().execute(_COUNT_AT_ONCE)

    heard = {"before_cursor_execute": sent, "begin": begun, "commit": about_to_commit}
    rows(_COUNT_AT_ONCE)  # what was read before
    begin = _rows_read()
    for name, listener in heard.items():
        event.listen(engine(), name, listener)
    try:
        yield read
    finally:
        for name, listener in heard.items():
            event.remove(engine(), name, listener)
    read.rows = _rows_read() - begin


def _rows_read() -> int:
    ((found,),) = rows(_READ)
    return int(found)
