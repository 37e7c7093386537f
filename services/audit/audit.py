"""Whether everything that must hold does, on the live database. No Prefect library here.

All queries look at one instant of the database, so that orders may go on while they run.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict
from sqlalchemy import RowMapping, text
from sqlmodel import Session, col, select

from adapters.database.sessions import transaction
from adapters.language.sentences import operators_language
from adapters.prefect.api import DELETED, PrefectApi, PrefectAway, RunState
from adapters.settings import settings
from domain.messages import Message
from domain.money import amount
from domain.shop_days import day_bounds
from models.enums import ENDED
from models.process import StepName
from models.tables.reports import DailySummary
from models.tables.shipments import Shipment, shipment_name
from services.audit.gateless_tasks import GATELESS_TASKS, gate_kinds
from services.audit.invariants import (
    INVARIANTS,
    LASTING_OUTAGES,
    SENT_TWICE,
    SUMMARY_FIGURES,
    Invariant,
)
from services.audit.looking import look_at_all

LISTED = 20
"""So many problems of a check are named; the rest is counted."""

LIVE_RUNS = "open orders have a live run"

_NOT_ASKED = "Prefect was not asked: run the audit where Prefect's API can be reached."
_STEPS = {str(step): step.display_name for step in StepName}


class Check(BaseModel):
    """One invariant, and what breaks it, a sentence each.

    `skipped` says why it was not looked at; then `ok` says nothing, and is true. `notes` are what
    people should know although nothing is broken.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    ok: bool
    skipped: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class AuditReport(BaseModel):
    """What the audit found: `ok` when every check that was not skipped holds."""

    model_config = ConfigDict(frozen=True)

    ok: bool
    checks: tuple[Check, ...]


class _OpenShipment(NamedTuple):
    """`stopped` says why its run waits for somebody to press Retry; '': it does not."""

    order_number: int
    number: int
    status: str
    run_id: str
    stopped: str


def audit(prefect: PrefectApi | None, watch: Callable[[int], None] = lambda _: None) -> AuditReport:
    """Check every invariant of the system. Nothing is changed.

    Without Prefect, or while it is away, the check of the flow runs is skipped. `watch` is told
    how many of the `CHECKS` are done.

    Raises `DatabaseAway`.
    """
    checks = (*look_at_all(_LOOKS, watch), _live_runs(prefect))
    watch(CHECKS)
    return AuditReport(ok=all(check.ok for check in checks), checks=checks)


def database_checks(session: Session) -> list[Check]:
    """The checks that need nothing but the database, as the session sees it."""
    return [look(session) for look in _LOOKS]


def _invariant(invariant: Invariant) -> Callable[[Session], Check]:
    return lambda session: _check(session, invariant, {})


def _gateless_tasks(session: Session) -> Check:
    return _check(session, GATELESS_TASKS, gate_kinds())


def _summary_figures(session: Session) -> Check:
    return _check(session, SUMMARY_FIGURES, _bounds(session))


def _sent_twice(session: Session) -> Check:
    noted = _check(session, SENT_TWICE, {})
    return Check(name=noted.name, ok=True, notes=noted.problems)


def _lasting_outages(session: Session) -> Check:
    after = {"alarm_after_seconds": settings().alarm_after_seconds}
    return _check(session, LASTING_OUTAGES, after)


_LOOKS = (
    *map(_invariant, INVARIANTS),
    _gateless_tasks,
    _summary_figures,
    _lasting_outages,
    _sent_twice,
)

CHECKS = len(_LOOKS) + 1
"""How many there are."""


def _check(session: Session, invariant: Invariant, parameters: dict[str, Any]) -> Check:
    listed = text(
        f"SELECT *, count(*) OVER () AS breaking_rows FROM ({invariant.breaking}) AS breaking"
        f" ORDER BY breaking LIMIT {LISTED}"
    )
    rows = session.execute(listed, parameters).mappings().all()
    problems = [problem_of(invariant, row) for row in rows]
    return _checked(invariant.name, problems, rows[0]["breaking_rows"] if rows else 0)


def problem_of(invariant: Invariant, row: RowMapping) -> str:
    """The sentence about a row that breaks an invariant, with steps and amounts as people write
    them.
    """
    said = {column: _said(value) for column, value in row.items()}
    amounts = {column: _amount(row[column], row["currency"]) for column in invariant.amounts}
    return invariant.problem.format_map(said | amounts)


def _amount(minor: int | None, currency: str) -> str:
    return "nothing" if minor is None else operators_language().money(amount(minor, currency))


def _said(value: Any) -> Any:
    match value:
        case str():
            return _STEPS.get(value, value)
        case {"code": _, "text": _}:
            return str(Message.from_data(value)).rstrip(".")
        case _:
            return value


def _checked(name: str, problems: list[str], found: int) -> Check:
    named = problems[:LISTED]
    more = [f"and {found - len(named)} more"] if found > len(named) else []
    return Check(name=name, ok=not named, problems=(*named, *more))


def _bounds(session: Session) -> dict[str, list[Any]]:
    """The days that were summed up, and the instants at which each begins and ends."""
    days: list[date] = list(session.scalars(select(col(DailySummary.day))))
    bounds = [day_bounds(day, settings().zone_info) for day in days]
    return {
        "days": days,
        "begins": [begin for begin, _ in bounds],
        "ends": [end for _, end in bounds],
    }


def _live_runs(prefect: PrefectApi | None) -> Check:
    """Prefect is asked after the database; an order that went on in between is left out."""
    if prefect is None:
        return Check(name=LIVE_RUNS, ok=True, skipped=_NOT_ASKED)
    orders = _open_shipments()
    try:
        states = prefect.states(order.run_id for order in orders)
    except PrefectAway as away:
        return Check(name=LIVE_RUNS, ok=True, skipped=str(away))
    stuck = [order for order in orders if not states.get(order.run_id, DELETED).is_live]
    still = set(_open_shipments()) if stuck else set()
    problems = [
        _stuck(order, states.get(order.run_id, DELETED)) for order in stuck if order in still
    ]
    return _checked(LIVE_RUNS, problems, len(problems))


def _open_shipments() -> list[_OpenShipment]:
    """The shipments that have a run and have not ended."""
    with transaction() as session:
        found = session.exec(
            select(Shipment)
            .where(col(Shipment.status).not_in(ENDED), col(Shipment.run_id).is_not(None))
            .order_by(col(Shipment.order_number), col(Shipment.number))
        )
        return [_open_shipment(row) for row in found]


def _open_shipment(row: Shipment) -> _OpenShipment:
    stopped = str(Message.from_data(row.problem)).rstrip(".") if row.problem else ""
    return _OpenShipment(row.order_number, row.number, row.status, row.run_id or "", stopped)


def _stuck(order: _OpenShipment, state: RunState) -> str:
    name = shipment_name(order.order_number, order.number).capitalize()
    where = f"{name} is {order.status}, and its run"
    if order.stopped:
        return f"{where} failed ({order.stopped}): mend that and press Retry in Prefect's UI."
    return (
        f"{where} {order.run_id} is {state.name}: the dispatcher starts it over; if this stays, see"
        " whether one runs (`packline dispatch`)."
    )
