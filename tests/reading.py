"""How much is read: counted by Postgres itself, so that a test need not look at a clock.

Postgres reads a small table from end to end, and a large one by its indexes. Here it takes the
indexes of the small ones too, so that hundreds of rows show what would become of millions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, event

from adapters.database.sessions import engine

_AS_IF_LARGE = "; ".join(
    f"SET LOCAL enable_{way} = off" for way in ("seqscan", "hashjoin", "mergejoin", "bitmapscan")
)

# What this connection has read since its figures went to those of all, which they do at once here.
_READ = """
    SELECT coalesce(sum(pg_stat_get_xact_tuples_returned(oid)), 0), pg_stat_force_next_flush()
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
"""


@dataclass
class Read:
    """How many statements were sent, and how many rows of tables and entries of indexes were read
    for them.
    """

    statements: int = 0
    rows: int = 0


@contextmanager
def counted_reads() -> Iterator[Read]:
    """Count what is sent and read meanwhile, in transactions that are committed."""
    read = Read()

    def begun(connection: Connection) -> None:
        connection.connection.cursor().execute(_AS_IF_LARGE)

    def sent(*_given: object) -> None:
        read.statements += 1

    def about_to_commit(connection: Connection) -> None:
        cursor = connection.connection.cursor()
        cursor.execute(_READ)
        read.rows += int(cursor.fetchone()[0])

    engine().dispose()  # new connections have read nothing
    heard = {"begin": begun, "before_cursor_execute": sent, "commit": about_to_commit}
    for name, listener in heard.items():
        event.listen(engine(), name, listener)
    try:
        yield read
    finally:
        for name, listener in heard.items():
            event.remove(engine(), name, listener)
