"""What becomes of goods that are missing, as the operator decides it, or a setting does.

Each decision is made and done in one transaction: what it changes about the shipment is there as
soon as the answer is. No Prefect here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict

from sqlmodel import Session

from adapters.database.notifications import ORDERS_CHANNEL, notify
from domain.allocation import Shortage
from domain.messages import Message
from domain.reasons import (
    NOT_FOUND_IN_STOCK,
    PICKED_SHORT,
    STOCK_IS_SHORT,
    Reason,
    picked_short_because,
)
from domain.sourcing import Plan
from domain.splits import CannotSplit
from models.enums import TaskKind
from models.forms.decisions import (
    CANCEL_LINE,
    CANCEL_ORDER_CHOICE,
    PICK_ELSEWHERE,
    SPLIT,
    TRY_AGAIN,
    WAIT,
    ShortageForm,
    ShortPickForm,
)
from models.results.checklists import ShortPickChecklist
from models.results.decisions import Decision
from models.results.stock import ShortLine
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.execution.errors import AnswerRefused
from services.inventory.allocations import (
    allocated_warehouse,
    lacking,
    lock_goods,
    reallocate,
    reallocate_as_planned,
    released_stock,
    sourcing_plan,
)
from services.orders.cancellation import has_left, request_cancellation, shipments_to_cancel
from services.orders.line_cancellation import Terms, UnknownLine, cancel_lines, positions
from services.orders.splits import split
from services.worklist.picking_lists import rest_to_pick
from services.worklist.tasks import open_task

_Form = ShortageForm | ShortPickForm
_Way = Callable[[Session, Shipment, _Form, Actor], Decision]


def accept_shortage(
    session: Session, shipment: Shipment, form: ShortageForm, actor: Actor
) -> Decision:
    """The operator decides about an order before anything is allocated to it: stock is checked
    again, for all of it or for what is there now.
    """
    return _done(session, shipment, form, actor, _SHORTAGE, STOCK_IS_SHORT)


def accept_short_pick(
    session: Session, shipment: Shipment, form: ShortPickForm, actor: Actor
) -> Decision:
    """The operator decides about an order of which too little was found."""
    decision = _done(session, shipment, form, actor, _SHORT_PICK, PICKED_SHORT)
    if decision.ships_what_is_there and released_stock(session, shipment):
        reallocate(session, shipment)  # what a count took from it, it needs no more
    return decision


def _done(
    session: Session,
    shipment: Shipment,
    form: _Form,
    actor: Actor,
    ways: Mapping[str, _Way],
    why: Message,
) -> Decision:
    """A decision to cancel is a request like any other: the flow turns back at its next step."""
    if form.decision is None:
        raise AnswerRefused("decision-missing", field="decision")
    lock_goods(session, shipment)
    decision = ways[form.decision](session, shipment, form, actor)
    if decision.cancels:
        reason = Reason(why, form.note)
        request_cancellation(session, shipment.order, reason, actor)
    return decision


def missing_from_pick(shipment: Shipment) -> dict[str, int]:
    """The pieces by SKU that nobody has found yet."""
    rest = ((line.sku, line.quantity - (line.picked or 0)) for line in shipment.goods)
    return {sku: pieces for sku, pieces in rest if pieces}


def ask_about_pick(
    session: Session, shipment: Shipment, *, waits: bool, missing: list[ShortLine]
) -> None:
    """Put a short pick on the operator's list; with `waits` it goes on by itself once it can."""
    checklist = ShortPickChecklist(shortages=tuple(missing), waits=waits)
    open_task(session, shipment, TaskKind.SHORT_PICK, checklist)


def send_picker(session: Session, shipment: Shipment) -> StaffTask:
    """Have somebody pick what nobody has yet, in the warehouse that holds it by now."""
    return open_task(session, shipment, TaskKind.PICKING, rest_to_pick(session, shipment))


def wait_for_rest(session: Session, shipment: Shipment, asked: StaffTask) -> None:
    """Put a short pick on the list again that is to wait; the round before, `asked`, is closed."""
    listed = ShortPickChecklist.model_validate(asked.checklist or {})
    checklist = listed.model_copy(update={"waits": True})
    open_task(session, shipment, TaskKind.SHORT_PICK, checklist)
    notify(session, ORDERS_CHANNEL)  # the rest may be there already


def _check_again(session: Session, shipment: Shipment, form: _Form, actor: Actor) -> Decision:
    return _decided(form)


def _pick_again(session: Session, shipment: Shipment, form: _Form, actor: Actor) -> Decision:
    """The rest is allocated again where the other pieces are, and somebody picks it."""
    if missing := reallocate(session, shipment):
        shortages = _listed(missing)
        raise AnswerRefused("stock-too-low-to-pick-again", field="decision", shortages=shortages)
    send_picker(session, shipment)
    return _decided(form)


def _pick_elsewhere(session: Session, shipment: Shipment, form: _Form, actor: Actor) -> Decision:
    """The rest from wherever it is: what lies in the warehouse of the other pieces is picked there,
    and what others give are shipments of their own. Where nothing was found, the first that gives
    something takes its place. What is allocated still, since it was never taken, is picked too.
    """
    plan = _elsewhere(session, shipment)
    here = allocated_warehouse(session, shipment) or plan.warehouses[0]
    why = picked_short_because(plan.reasons)
    for warehouse in plan.warehouses:
        if warehouse != here:
            pieces = plan.part_of(warehouse).pieces
            _split(session, shipment, pieces, why, actor, warehouse=warehouse)
    rest = plan.part_of(here)
    if rest.allotments:
        reallocate_as_planned(session, shipment, rest)
    to_pick = bool(missing_from_pick(shipment))
    if to_pick:
        send_picker(session, shipment)
    return _decided(form, ships_what_is_there=not to_pick)


def _split_short_pick(session: Session, shipment: Shipment, form: _Form, actor: Actor) -> Decision:
    """What was found ships; the rest is a shipment of its own, which waits for stock."""
    if released_stock(session, shipment):
        return _split_after_count(session, shipment, form, actor)
    if not _has_picked(shipment):
        raise AnswerRefused("nothing-found-to-ship", field="decision")
    _split(session, shipment, missing_from_pick(shipment), PICKED_SHORT, actor)
    return _decided(form, ships_what_is_there=True)


def _split_after_count(session: Session, shipment: Shipment, form: _Form, actor: Actor) -> Decision:
    """What stock has now is picked and ships; the rest is a shipment of its own."""
    missing = _missing_from_stock(session, shipment)
    if sum(missing.values()) == _pieces(shipment):
        raise AnswerRefused("nothing-in-stock-to-pick", field="decision")
    if missing:
        _split(session, shipment, missing, STOCK_IS_SHORT, actor)
    return _pick_what_is_there(session, shipment, form, actor)


def _split_shortage(session: Session, shipment: Shipment, form: _Form, actor: Actor) -> Decision:
    """What one warehouse has now ships; the rest is a shipment of its own."""
    missing = _missing_from_stock(session, shipment)
    if sum(missing.values()) == _pieces(shipment):
        raise AnswerRefused("nothing-in-stock-to-ship", field="decision")
    if missing:
        _split(session, shipment, missing, STOCK_IS_SHORT, actor)
    return _decided(form)


def _wait(session: Session, shipment: Shipment, form: _Form, actor: Actor) -> Decision:
    """All of it stays, and goes on by itself once the rest is there (`wait_for_rest`). It is there
    where the right pieces were never taken: then somebody picks them.
    """
    if not lacking(session, shipment):
        return _pick_again(session, shipment, form, actor)
    return _decided(form, waits=True)


def _cancel_not_found(session: Session, shipment: Shipment, form: _Form, actor: Actor) -> Decision:
    if released_stock(session, shipment):
        return _cancel_after_count(session, shipment, form, actor)
    missing = missing_from_pick(shipment)
    if not missing:
        return _decided(form, ships_what_is_there=True)
    return _cancel_missing(session, shipment, form, actor, missing, ships_what_is_there=True)


def _cancel_after_count(
    session: Session, shipment: Shipment, form: _Form, actor: Actor
) -> Decision:
    """What stock lacks now is cancelled, and the rest is picked."""
    missing = _missing_from_stock(session, shipment)
    if not missing:
        return _pick_what_is_there(session, shipment, form, actor)
    decision = _cancel_missing(session, shipment, form, actor, missing)
    if decision.cancels:
        return decision
    cancelled = decision.cancelled_lines
    return _pick_what_is_there(session, shipment, form, actor, cancelled_lines=cancelled)


def _pick_what_is_there(
    session: Session, shipment: Shipment, form: _Form, actor: Actor, **outcome: int
) -> Decision:
    """Somebody picks what nobody has yet; where all of it is picked, it ships."""
    if not missing_from_pick(shipment):
        return _decided(form, ships_what_is_there=True, **outcome)
    return _pick_again(session, shipment, form, actor).model_copy(update=outcome)


def _cancel_not_in_stock(
    session: Session, shipment: Shipment, form: _Form, actor: Actor
) -> Decision:
    missing = _missing_from_stock(session, shipment)
    return _cancel_missing(session, shipment, form, actor, missing) if missing else _decided(form)


def _cancel_missing(
    session: Session,
    shipment: Shipment,
    form: _Form,
    actor: Actor,
    missing: Mapping[str, int],
    **then: bool,
) -> Decision:
    """The missing pieces are cancelled; where that is all of the order, so is the order."""
    if sum(missing.values()) == _pieces(shipment) and _is_last(session, shipment):
        return _decided(form, cancels=True)
    return _decided(
        form, cancelled_lines=_cancel_lines(session, shipment, missing, form, actor), **then
    )


def _is_last(session: Session, shipment: Shipment) -> bool:
    """Whether nothing else of its order is in the house, or has left it."""
    others = [one for one in shipments_to_cancel(session, shipment.order) if one is not shipment]
    return all(one.nothing_left for one in others) and not has_left(session, shipment.order)


def _cancel(session: Session, shipment: Shipment, form: _Form, actor: Actor) -> Decision:
    return _decided(form, cancels=True)


_SHORTAGE: dict[str, _Way] = {
    TRY_AGAIN: _check_again,
    SPLIT: _split_shortage,
    CANCEL_LINE: _cancel_not_in_stock,
    CANCEL_ORDER_CHOICE: _cancel,
}
_SHORT_PICK: dict[str, _Way] = {
    TRY_AGAIN: _pick_again,
    PICK_ELSEWHERE: _pick_elsewhere,
    SPLIT: _split_short_pick,
    WAIT: _wait,
    CANCEL_LINE: _cancel_not_found,
    CANCEL_ORDER_CHOICE: _cancel,
}


def _decided(form: _Form, **outcome: bool | int) -> Decision:
    choice = form.decision or ""
    return Decision(decided_by=form.decided_by, choice=choice, note=form.note, **outcome)


def _split(
    session: Session,
    shipment: Shipment,
    pieces: Mapping[str, int],
    why: Message,
    actor: Actor,
    *,
    warehouse: str | None = None,
) -> None:
    try:
        split(session, shipment, pieces, why, actor=actor, warehouse=warehouse)
    except CannotSplit as refusal:
        raise AnswerRefused(refusal.says.about("decision")) from None


def _cancel_lines(
    session: Session, shipment: Shipment, missing: Mapping[str, int], form: _Form, actor: Actor
) -> int:
    """The number of the cancellation. Raises `AnswerRefused` for a line that is not there."""
    try:
        first = positions(shipment.order, form.off_lines, missing.keys())
    except UnknownLine as problem:
        raise AnswerRefused(problem.says.about("off_lines")) from None
    reason = Reason(NOT_FOUND_IN_STOCK, form.note)
    terms = Terms(reason, actor, first, with_shipping=form.refund_shipping)
    return cancel_lines(session, shipment, missing, terms)


def _missing_from_stock(session: Session, shipment: Shipment) -> dict[str, int]:
    """What a shipment would lack, if the rest of its pieces were allocated now."""
    plan = sourcing_plan(session, shipment)
    return {short.sku: short.wanted - short.available for short in plan.missing}


def _elsewhere(session: Session, shipment: Shipment) -> Plan:
    """Which warehouses give what nobody has found. Raises `AnswerRefused`."""
    plan = sourcing_plan(session, shipment, anywhere=True)
    if plan.missing:
        shortages = _listed(plan.missing)
        raise AnswerRefused("stock-too-low-elsewhere", field="decision", shortages=shortages)
    return plan


def _has_picked(shipment: Shipment) -> bool:
    return any(line.picked for line in shipment.goods)


def _pieces(shipment: Shipment) -> int:
    return sum(line.quantity for line in shipment.goods)


def _listed(missing: Iterable[Shortage]) -> tuple[Message, ...]:
    return tuple(
        Message("shortage", "{sku}: {wanted} wanted, {available} available", asdict(shortage))
        for shortage in missing
    )
