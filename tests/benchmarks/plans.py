"""Which tables a piece of code reads from end to end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from adapters.database.sessions import engine, transaction

Statement = tuple[str, Any]


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """The statements that are sent to the database meanwhile, with their parameters."""
    statements: list[Statement] = []

    def keep(_conn, _cursor, statement, parameters, _context, many) -> None:
        if not many and statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            statements.append((statement, parameters))

    event.listen(engine(), "before_cursor_execute", keep)
    yield statements
    event.remove(engine(), "before_cursor_execute", keep)


def scanned(statements: list[Statement], tables: set[str]) -> set[str]:
    """Those of the tables that Postgres would read from end to end."""
    found: set[str] = set()
    with transaction() as session:
        for statement, parameters in statements:
            connection = session.connection()
            plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            found |= {name for name in _sequential(plan.scalar()[0]["Plan"]) if name in tables}
        session.execute(text("SELECT 1"))
    return found


def _sequential(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for part in node.get("Plans", ()):
        yield from _sequential(part)
