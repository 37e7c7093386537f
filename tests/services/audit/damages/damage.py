"""What a test does to the database by hand, and what the audit must say of it."""

from dataclasses import dataclass

from tests.process import step_id


@dataclass(frozen=True)
class Damage:
    """What was done to the database by hand, which check finds it, and what its sentence names.

    Whatever the check says then names that, or what stands in `also`.
    """

    check: str
    sql: str
    names: str
    also: str = ""


def recorded(subject: str, step: str, round: int = 1, result: str = "{}") -> str:
    """As if a step had happened a minute from now."""
    return (
        "INSERT INTO step_record (subject, step, round, result, run_id, at) VALUES"
        f" ('{subject}', '{step_id(step)}', {round}, '{result}', '', now() + interval '1 minute');"
    )


def forgotten(subject: str, step: str, round: int = 1) -> str:
    """As if a step had not happened."""
    where = f"subject = '{subject}' AND step = '{step_id(step)}' AND round = {round}"
    return f"DELETE FROM step_record WHERE {where};"


def without(constraint: str, table: str) -> str:
    """As if the database did not hold it."""
    return f"ALTER TABLE {table} DROP CONSTRAINT {constraint};"


def copied(table: str, where: str, **instead: str) -> str:
    """As if a row were there once more, with what is given in place of what it has."""
    given = ", ".join(f"'{column}', {value}" for column, value in instead.items())
    return (
        f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"
        f" SELECT (jsonb_populate_record(row, jsonb_build_object({given}))).*"
        f" FROM {table} AS row WHERE {where};"
    )


def allocated(number: int, sku: str, state: str = "allocated") -> str:
    """The condition for the allocation of an order's line."""
    return f"order_number = {number} AND sku = '{sku}' AND state = '{state}'"
