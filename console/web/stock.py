"""Stock by scan: where a product lies, deliveries, counts and transfers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from adapters.database.sessions import transaction
from console.access.visits import OwnForm, allowed
from console.queries.stock import FoundStock, found_stock
from console.web.pages import go_to, page
from domain.command_codes import CommandCode, command_of
from domain.errors import PacklineError
from domain.messages import Message, Value
from domain.texts import shortened
from models.imports.fields import MAX_STOCK, checked
from models.imports.stock import DeliveryIn, StockCountIn, TransferIn
from models.tables.stock import StockLevel
from services.access.actors import Actor, works_in
from services.access.permissions import Action
from services.access.web_sessions import SignedIn
from services.inventory.warehouses import warehouses
from services.stock_control.counts import count
from services.stock_control.stock_changes import AlreadyBooked, book, called, move

router = APIRouter()
StockKeeper = Annotated[SignedIn, allowed(Action.CHANGE_STOCK)]
_FIELDS = ("sku", "quantity", "reference", "warehouse", "to_warehouse", "reason")


class StockChange(StrEnum):
    """How stock is changed on the floor: a delivery, a count, a transfer."""

    RECEIVE = "receive"
    COUNT = "count"
    MOVE = "move"


class WrongPlace(PacklineError):
    """Stock of another warehouse than the person's is to be changed, or of none."""

    messages = {
        "choose-a-warehouse": "Choose the warehouse first.",
        "not-your-warehouse": "You work in {places: and }: ask an operator to book it in"
        " {warehouse}.",
    }


class NotSaid(PacklineError):
    """Something is to be booked, and nobody has said what a booking needs."""

    messages = {
        "no-product": "Scan the product first.",
        "no-quantity": "Scan the pieces, or type how many.",
        "no-delivery-note": "Give the number of the delivery note.",
        "no-reference": "Give a reference.",
        "no-destination": "Choose the warehouse that they go to.",
        "no-reason": "Say why they are moved.",
    }


@dataclass(frozen=True)
class Verdict:
    """What is said of a scan or a booking, and how it looks and sounds."""

    says: Message
    tone: str


@dataclass(frozen=True)
class Booking:
    """A booking that is being made, as its form has it."""

    sku: str = ""
    quantity: str = ""
    reference: str = ""
    warehouse: str = ""
    to_warehouse: str = ""
    reason: str = ""

    @property
    def pieces(self) -> int:
        """As many as were counted until now; what is no number counts as none."""
        short = self.quantity.strip()[:9]
        return int(short) if short.isascii() and short.isdecimal() else 0


@router.get("/stock")
def stock(request: Request, who: StockKeeper, scan: str = "") -> Response:
    """What of a product lies where, by its barcode or SKU; or what lies in a bin."""
    with transaction() as session:
        found = found_stock(session, scan) if scan.strip() else None
    verdict = Verdict(_nobody_knows(scan), "refused") if found and not found.rows else None
    return page(request, "stock.html", found=found, scan=scan, verdict=verdict)


@router.get("/stock/{change}")
def changing(request: Request, change: StockChange, who: StockKeeper) -> Response:
    """The page of a delivery, a count or a transfer; a product and a reference may be given."""
    given = {name: request.query_params.get(name, "") for name in _FIELDS}
    return _page(request, who, change, Booking(**given))


@router.post("/stock/{change}")
def changed(request: Request, change: StockChange, who: StockKeeper, form: OwnForm) -> Response:
    """A scan counts up; the other button books."""
    made = Booking(**{name: str(form.get(name, "")) for name in _FIELDS})
    code = str(form.get("code", ""))
    if form.get("act") != "book" and command_of(code) != CommandCode.DONE:
        made, verdict = _scanned(made, code)
        return _page(request, who, change, made, verdict)
    try:
        return _booked(request, who, change, made)
    except AlreadyBooked as problem:
        verdict = Verdict(problem.says, "look" if problem.same else "refused")
        return _page(request, who, change, made, verdict, status=409)
    except PacklineError as problem:
        return _page(request, who, change, made, Verdict(problem.says, "refused"), status=422)


def _scanned(made: Booking, code: str) -> tuple[Booking, Verdict]:
    """A code's pieces are added to those of its product; another product is not mixed in."""
    if not code.strip():
        says = Message("scan-or-book", "Scan a product, or press the button.")
        return made, Verdict(says, "look")
    with transaction() as session:
        found = found_stock(session, code)
    refusal = _why_not(made, found, code)
    if refusal:
        return made, Verdict(refusal, "refused")
    pieces = found.pieces + (made.pieces if made.sku == found.sku else 0)
    values: dict[str, Value] = {"name": shortened(found.name), "counted": pieces}
    says = Message("product-found", "{name}: type how many.", values)
    if found.pieces:
        says = Message("pieces-counted", "Counted: {counted} of {name}.", values)
    return replace(made, sku=found.sku, quantity=str(pieces or "")), Verdict(says, "counted")


def _why_not(made: Booking, found: FoundStock, code: str) -> Message | None:
    """Why a scan counts nothing; None: it counts."""
    if not found.sku:
        return _nobody_knows(code)
    if made.sku not in ("", found.sku) and made.pieces:
        named: dict[str, Value] = {"name": shortened(found.name)}
        first: dict[str, Value] = {"sku": made.sku, "counted": made.pieces}
        return Message(
            "other-product", "Leave {name}: book the {counted} of {sku} first.", named | first
        )
    if found.pieces + made.pieces > MAX_STOCK:
        return Message("too-many-scanned", "Not counted: that would be too many pieces.")
    return None


def _booked(request: Request, who: SignedIn, change: StockChange, made: Booking) -> Response:
    """Book it; the next page is for the next product of the same delivery or place."""
    _check_said(change, made)
    with transaction() as session:
        place = _place(session, who.actor, made.warehouse)
    says = _BOOKING[change](replace(made, warehouse=place), who.actor)
    kept = {"warehouse": place}
    if change == StockChange.RECEIVE:
        kept["reference"] = made.reference
    if change == StockChange.MOVE:
        kept |= {"to_warehouse": made.to_warehouse, "reason": made.reason}
    return go_to(request, f"/stock/{change}?{urlencode(kept)}", says)


def _check_said(change: StockChange, made: Booking) -> None:
    """Raises `NotSaid` with what is asked for first on the page."""
    moves, receives = change == StockChange.MOVE, change == StockChange.RECEIVE
    needed = {
        "no-product": made.sku,
        "no-quantity": made.quantity,
        "no-destination": made.to_warehouse or not moves,
        "no-reason": made.reason.strip() or not moves,
        "no-delivery-note" if receives else "no-reference": made.reference.strip(),
    }
    for code, given in needed.items():
        if not given:
            raise NotSaid(code)


def _receive(made: Booking, actor: Actor) -> Message:
    given = {"sku": made.sku, "quantity": made.quantity, "warehouse": made.warehouse}
    row = checked(DeliveryIn, given | {"reference": made.reference, "by": actor.name})
    return _now(book(row, actor))


def _count(made: Booking, actor: Actor) -> Message:
    given = {"sku": made.sku, "counted": made.quantity, "warehouse": made.warehouse}
    row = checked(StockCountIn, given | {"reference": made.reference, "by": actor.name})
    return Message("count-booked", "Booked: {count}.", {"count": count(row, actor).said()})


def _move(made: Booking, actor: Actor) -> Message:
    given = {"sku": made.sku, "quantity": made.quantity, "reason": made.reason}
    places = {"from_warehouse": made.warehouse, "to_warehouse": made.to_warehouse}
    row = checked(TransferIn, given | places | {"reference": made.reference, "by": actor.name})
    return _now(*move(row, actor))


_BOOKING: dict[StockChange, Callable[[Booking, Actor], Message]] = {
    StockChange.RECEIVE: _receive,
    StockChange.COUNT: _count,
    StockChange.MOVE: _move,
}


def _now(*levels: StockLevel) -> Message:
    """What there is now."""
    with transaction() as session:
        stock = tuple(
            Message(
                "stock-now",
                "{what}: {on_hand} on hand, {allocated} of them allocated",
                {
                    "what": called(session, level.sku, level.warehouse),
                    "on_hand": level.on_hand,
                    "allocated": level.allocated,
                },
            )
            for level in levels
        )
    return Message("stock-booked", "Booked. {stock:; }.", {"stock": stock})


def _place(session: Session, actor: Actor, given: str) -> str:
    """The warehouse that is meant, by default the only one of theirs. Raises `WrongPlace`."""
    places = _places(session, actor)
    if not given and len(places) == 1:
        return places[0]
    if not given:
        raise WrongPlace("choose-a-warehouse", field="warehouse")
    if not works_in(actor.warehouses, given):
        raise WrongPlace("not-your-warehouse", warehouse=given, places=tuple(places))
    return given


def _places(session: Session, actor: Actor) -> Sequence[str]:
    """The warehouses in which somebody changes stock."""
    codes = [warehouse.code for warehouse in warehouses(session)]
    return [code for code in codes if works_in(actor.warehouses, code)]


def _nobody_knows(code: str) -> Message:
    values: dict[str, Value] = {"code": shortened(code)}
    return Message("unknown-code", "Scan it again: nobody knows {code}.", values)


def _page(
    request: Request,
    who: SignedIn,
    change: StockChange,
    made: Booking,
    verdict: Verdict | None = None,
    *,
    status: int = 200,
) -> Response:
    if not made.reference and change != StockChange.RECEIVE:
        made = replace(made, reference=f"console-{uuid4().hex[:12]}")
    with transaction() as session:
        places = _places(session, who.actor)
        everywhere = [warehouse.code for warehouse in warehouses(session)]
        found: FoundStock | None = found_stock(session, made.sku) if made.sku else None
    values: dict[str, Any] = {"places": places, "everywhere": everywhere, "found": found}
    shown = {"change": change.value, "made": made, "verdict": verdict}
    return page(request, "stock_change.html", status=status, **(values | shown))
