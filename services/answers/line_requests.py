"""Cancelling some of an order on request, at any stage while it is not with the packers.

In one transaction the pieces leave their shipments, their stock and the order's lines, and the open
tasks ask for what is left. No Prefect here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlmodel import Session, col, select

from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from domain.errors import PacklineError
from models.enums import TaskKind, TaskState
from models.forms.decisions import CANCEL_LINE, TRY_AGAIN
from models.forms.picking import ALL_AS_LISTED
from models.imports.requests import LineCancellationIn
from models.results.checklists import ShortageChecklist, ShortPickChecklist
from models.results.orders import CancelledOnRequest
from models.results.stock import ShortLine
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment, shipment_message
from models.tables.staff import StaffTask
from services.access.actors import PACKLINE, Actor
from services.answers.decisions import missing_from_pick
from services.answers.submit import answer_by_packline
from services.execution.locks import locked_order
from services.execution.wake_ups import mark_ready
from services.inventory.allocations import lacking, lock_products
from services.orders.cancellation import has_left, request_cancellation, shipments_to_cancel
from services.orders.line_cancellation import Terms, cancel_lines, positions
from services.orders.packing import is_with_packers
from services.worklist.picking_lists import rest_to_pick
from services.worklist.tasks import tasks_of, withdraw_tasks

Pieces = dict[int, dict[str, int]]
"""Pieces by SKU, by the number of their shipment."""


class CannotCancelLine(PacklineError):
    """The order has not so many pieces that could still be cancelled."""

    messages = {
        "order-has-ended": "Order {number} is {status}: nothing of it can be cancelled.",
        "order-is-being-cancelled": "Order {number} is being cancelled, all of it.",
        "no-such-product": "Order {number} has no {sku}: it has {skus}.",
        "too-few-pieces-left": (
            "Of {sku}, order {number} has {left} that can be cancelled: the others are cancelled,"
            " with the packers, or gone. Give the number of pieces, as --line {sku}={left}."
        ),
        "no-pieces-left": (
            "Of {sku}, order {number} has none that can be cancelled: they are cancelled, with the"
            " packers, or gone."
        ),
        "goes-back-as-a-whole": (
            "What is left of order {number} is picked, and goes back with all that belongs to it:"
            " cancel it without --off-line and --refund-shipping."
        ),
        "all-are-picked": (
            "All that is left of {name} is picked, and other shipments go on: let it go, or cancel"
            " the order."
        ),
    }


def cancel_lines_on_request(
    number: int, asked: LineCancellationIn, actor: Actor
) -> CancelledOnRequest:
    """Cancel pieces of an order; all that are left of a product where no number is given. What is
    cancelled last cancels the order, whose run turns back.

    Raises `UnknownOrder`, `UnknownLine` or `CannotCancelLine`.
    """
    with transaction() as session:
        order = locked_order(session, number)
        _refuse_ended(order)
        open_shipments = shipments_to_cancel(session, order)
        wanted = _wanted(session, order, open_shipments, asked.pieces)
        first = positions(order, asked.off_lines, asked.pieces.keys())
        terms = Terms(asked.because, actor, first, asked.refund_shipping)
        if _turns_back(session, order, open_shipments, wanted, terms):
            request_cancellation(session, order, terms.reason, actor)
            return CancelledOnRequest(order_number=number, cancelled=_by_sku(wanted), order=True)
        return _cancel(session, order, open_shipments, wanted, terms)


def _refuse_ended(order: SalesOrder) -> None:
    if order.has_ended:
        raise CannotCancelLine("order-has-ended", number=order.number, status=order.status)
    if order.cancel_requested_at is not None:
        raise CannotCancelLine("order-is-being-cancelled", number=order.number)


def _wanted(
    session: Session,
    order: SalesOrder,
    open_shipments: Iterable[Shipment],
    pieces: Mapping[str, int | None],
) -> Pieces:
    """Which shipments give the pieces: those first of which nobody has picked any, the last of
    these first. Raises `CannotCancelLine`.
    """
    in_hand = [one for one in open_shipments if not is_with_packers(session, one)]
    wanted: Pieces = defaultdict(dict)
    for sku, number in pieces.items():
        _take(order, in_hand, sku, number, wanted)
    return wanted


def _take(
    order: SalesOrder,
    in_hand: Iterable[Shipment],
    sku: str,
    number: int | None,
    wanted: Pieces,
) -> None:
    there = [(one, line) for one in in_hand for line in one.goods if line.sku == sku]
    left = sum(line.quantity for _, line in there)
    _check_pieces(order, sku, number, left)
    to_take = left if number is None else number
    for shipment, line in sorted(there, key=lambda each: (each[1].picked or 0, -each[0].number)):
        if taken := min(to_take, line.quantity):
            wanted[shipment.number][sku] = taken
            to_take -= taken


def _check_pieces(order: SalesOrder, sku: str, number: int | None, left: int) -> None:
    """All that ships of a product, or so many pieces, must be there to be taken."""
    skus = tuple(dict.fromkeys(line.sku for line in order.lines))
    if sku not in skus:
        raise CannotCancelLine("no-such-product", number=order.number, sku=sku, skus=skus)
    ships = sum(line.shipping_pieces for line in order.lines if line.sku == sku)
    if not left:
        raise CannotCancelLine("no-pieces-left", number=order.number, sku=sku)
    if left < (ships if number is None else number):
        raise CannotCancelLine("too-few-pieces-left", number=order.number, sku=sku, left=left)


def _turns_back(
    session: Session,
    order: SalesOrder,
    open_shipments: list[Shipment],
    wanted: Pieces,
    terms: Terms,
) -> bool:
    """Whether all that is in the house is to be cancelled, and goes back as a whole: because
    nothing of the order has left it, or because it is picked. Raises `CannotCancelLine`.
    """
    if not _is_all(open_shipments, wanted):
        return False
    if not has_left(session, order):
        return True
    picked = any(line.picked for one in open_shipments for line in one.goods)
    if picked and (terms.first or terms.with_shipping):
        raise CannotCancelLine("goes-back-as-a-whole", number=order.number)
    return picked


def _is_all(open_shipments: Iterable[Shipment], wanted: Pieces) -> bool:
    """Whether nothing would be left in the house."""
    return all(_is_whole(one, wanted.get(one.number, {})) for one in open_shipments)


def _is_whole(shipment: Shipment, pieces: Mapping[str, int]) -> bool:
    return {line.sku: line.quantity for line in shipment.goods} == pieces


def _by_sku(wanted: Pieces) -> dict[str, int]:
    pieces: dict[str, int] = defaultdict(int)
    for of_shipment in wanted.values():
        for sku, number in of_shipment.items():
            pieces[sku] += number
    return dict(pieces)


def _cancel(
    session: Session,
    order: SalesOrder,
    open_shipments: Iterable[Shipment],
    wanted: Pieces,
    terms: Terms,
) -> CancelledOnRequest:
    cancelled = _by_sku(wanted)
    lock_products(session, cancelled)
    for shipment in open_shipments:
        if pieces := wanted.get(shipment.number):
            _refuse_picked(shipment, pieces)
            cancel_lines(session, shipment, pieces, terms)
            _ask_for_the_rest(session, shipment)
    notify(session, ORDERS_CHANNEL)  # somebody may wait for that stock, or for less of it
    return CancelledOnRequest(order_number=order.number, cancelled=cancelled)


def _refuse_picked(shipment: Shipment, pieces: Mapping[str, int]) -> None:
    """What was picked lies in a tote: its packer restocks what is not to ship, if any ships."""
    if _is_whole(shipment, pieces) and any(line.picked for line in shipment.goods):
        raise CannotCancelLine(
            "all-are-picked", name=shipment_message(shipment.order_number, shipment.number)
        )


def _ask_for_the_rest(session: Session, shipment: Shipment) -> None:
    """The open tasks of a locked shipment are about what is left; its run tells the customer."""
    if shipment.nothing_left:
        withdraw_tasks(session, shipment)
    else:
        for task in _open_tasks(session, shipment):
            _ASK_AGAIN[TaskKind(task.kind)](session, shipment, task)
    if shipment.nothing_left or shipment.order.on_hold_since is None:
        mark_ready(session, shipment)


def _open_tasks(session: Session, shipment: Shipment) -> list[StaffTask]:
    asks = col(StaffTask.state).in_((TaskState.OPEN, TaskState.HELD))
    about_goods = select(StaffTask).where(asks, col(StaffTask.kind).in_([*_ASK_AGAIN]))
    return list(session.exec(about_goods.where(*tasks_of(shipment))))


def _list_rest(session: Session, shipment: Shipment, task: StaffTask) -> None:
    rest = rest_to_pick(session, shipment)
    task.checklist = rest.model_dump(mode="json")
    if not rest.items and task.state == TaskState.OPEN:
        answer = {"gate": task.kind, "picked_by": PACKLINE.name, "outcome": ALL_AS_LISTED}
        answer_by_packline(session, shipment, task, answer)


def _list_missing(session: Session, shipment: Shipment, task: StaffTask) -> None:
    """What is not missing any more is not asked about; nothing missing is decided, and so is what
    waited for pieces that it does not want any more.
    """
    _list_shortages(session, shipment, task)
    decision = _decided_by_that(session, shipment, task)
    if decision and task.state == TaskState.OPEN:
        answer = {"gate": task.kind, "decided_by": PACKLINE.name, "decision": decision}
        answer_by_packline(session, shipment, task, answer)
    elif decision:  # on hold: after the release, a person is asked
        task.checklist = (task.checklist or {}) | {"waits": False}


def _decided_by_that(session: Session, shipment: Shipment, task: StaffTask) -> str | None:
    """What is to become of a short pick, now that less of it is wanted; None: it is still asked."""
    if not missing_from_pick(shipment):
        return CANCEL_LINE
    waits = ShortPickChecklist.model_validate(task.checklist or {}).waits
    return TRY_AGAIN if waits and not lacking(session, shipment) else None


def _list_shortages(session: Session, shipment: Shipment, task: StaffTask) -> None:
    listed = ShortageChecklist.model_validate(
        {"shortages": (task.checklist or {}).get("shortages", ())}
    )
    wanted = {line.sku: line.quantity for line in shipment.goods}
    still = [_short(line, wanted.get(line.sku, 0)) for line in listed.shortages]
    shortages = [line.model_dump(mode="json") for line in still if line.available < line.wanted]
    task.checklist = (task.checklist or {}) | {"shortages": shortages}


def _short(line: ShortLine, wanted: int) -> ShortLine:
    return line.model_copy(update={"wanted": wanted})


_ASK_AGAIN = {
    TaskKind.PICKING: _list_rest,
    TaskKind.SHORT_PICK: _list_missing,
    TaskKind.SHORTAGE: _list_shortages,
}
