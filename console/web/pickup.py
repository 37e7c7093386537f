"""Pickup: what waits for its carrier, what is on board, and that it was collected."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field, ValidationError, field_validator
from starlette.datastructures import FormData, QueryParams

from adapters.carriers.registry import CARRIERS
from adapters.database.sessions import transaction
from console.access.visits import OwnForm, allowed
from console.web.pages import go_to, page
from domain.errors import PacklineError
from domain.messages import Message, Plural, Value
from models.tables.catalogue import WAREHOUSE_CHARACTERS
from services.access.actors import works_in
from services.access.permissions import Action
from services.access.web_sessions import SignedIn
from services.answers.handovers import (
    Collected,
    NothingOnBoard,
    carrier_missed,
    collect,
    collect_loaded,
)
from services.execution.errors import AnswerRefused
from services.shipping.loading import LoadResult, load, unload
from services.shipping.ramp import Ramp, RampDeparture, ramp, ramps, to_take_off

router = APIRouter()
Coordinator = Annotated[SignedIn, allowed(Action.HAND_OVER)]

_ALL, _LOADED = "all", "loaded"
_DIGITS = 18

TONES: dict[str, str] = {
    LoadResult.LOADED: "counted",
    LoadResult.ALL_LOADED: "done",
    LoadResult.LOADED_BEFORE: "look",
    LoadResult.UNLOADED: "counted",
    LoadResult.NOT_LOADED: "look",
}
"""How a verdict looks and sounds."""
_REFUSALS = frozenset(LoadResult) - TONES.keys()


class NoSuchDeparture(PacklineError):
    """A page of a departure is asked for that nobody here knows."""

    message = "There is no such departure here: choose one of the list."


class _DepartureIn(BaseModel):
    """A departure as an address or a form names it."""

    carrier: str
    warehouse: str = Field(max_length=WAREHOUSE_CHARACTERS)
    at: AwareDatetime | None = None

    @field_validator("carrier")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in CARRIERS:
            raise ValueError(value)
        return value


@router.get("/pickup")
def pickup(request: Request, who: Coordinator) -> Response:
    """The departures for which parcels wait, what leaves first on top."""
    with transaction() as session:
        found = ramps(session, who.actor.warehouses)
        astray = to_take_off(session, who.actor.warehouses)
    rows = [(one, address_of(one.departure)) for one in found]
    return page(request, "pickup.html", rows=rows, astray=astray)


@router.get("/pickup/departure")
def departure(request: Request, who: Coordinator) -> Response:
    """The parcels of a departure: which are on board, and what to do with them."""
    return _page(request, _asked(request.query_params, who), who)


@router.post("/pickup/load")
def loading(request: Request, who: Coordinator, form: OwnForm) -> Response:
    """A parcel was scanned or ticked: it is on board."""
    asked = _asked(form, who)
    came = load(str(form.get("code", "")), asked, who.actor)
    return go_to(request, address_of(asked), came.says)


@router.post("/pickup/unload")
def unloading(request: Request, who: Coordinator, form: OwnForm) -> Response:
    """A parcel is taken off again."""
    came = unload(str(form.get("code", "")), who.actor)
    path = address_of(_asked(form, who)) if form.get("carrier") else "/pickup"
    return go_to(request, path, came.says)


@router.post("/pickup/collect")
def collecting(request: Request, who: Coordinator, form: OwnForm) -> Response:
    """The carrier has collected all of it, or what is on board, with one confirmation."""
    asked = _asked(form, who)
    given = {
        "confirmation": str(form.get("confirmation_number", "")),
        "collected_at": str(form.get("collected_at", "")),
    }
    way = collect if form.get("scope") == _ALL else collect_loaded
    try:
        came = way(_tasks(form), who.actor, **given)
    except (AnswerRefused, NothingOnBoard) as refusal:
        return _page(request, asked, who, status=422, given=form, problem=refusal.says)
    return _page(request, asked, who, came=came, done=_done(came))


@router.post("/pickup/missed")
def missing(request: Request, who: Coordinator, form: OwnForm) -> Response:
    """The carrier never came: nothing moves, and the operators see it."""
    carrier_missed(_tasks(form), who.actor, str(form.get("note", "")).strip())
    says = Message("carrier-missed", "Noted: the carrier did not come. The operators see it.")
    return go_to(request, address_of(_asked(form, who)), says)


def address_of(departure: RampDeparture) -> str:
    """The page of a departure."""
    named = {"carrier": departure.carrier, "warehouse": departure.warehouse}
    if departure.departs_at:
        named["at"] = departure.departs_at.isoformat()
    return f"/pickup/departure?{urlencode(named)}"


def _asked(given: FormData | QueryParams, who: SignedIn) -> RampDeparture:
    """The departure that is meant, if it is of a warehouse of theirs. Raises `NoSuchDeparture`."""
    named = {name: given[name] for name in ("carrier", "warehouse", "at") if given.get(name)}
    try:
        read = _DepartureIn.model_validate({"warehouse": ""} | named)
    except ValidationError:
        raise NoSuchDeparture from None
    if not works_in(who.actor.warehouses, read.warehouse):
        raise NoSuchDeparture
    at: datetime | None = read.at
    return RampDeparture(read.carrier, read.warehouse, at)


def _tasks(form: FormData) -> list[int]:
    """The tasks that stood on the page: what came to it since is not meant."""
    given = [str(value)[:_DIGITS] for value in form.getlist("task")]
    return [int(value) for value in given if value.isascii() and value.isdecimal()]


def _done(came: Collected) -> Message | None:
    if not came.done:
        return None
    values: dict[str, Value] = {"count": len(came.done), "number": _confirmation(came)}
    text = Plural(
        "Collected: one order goes on, with confirmation {number}.",
        "Collected: {count} orders go on, with confirmation {number}.",
        "count",
    )
    return Message("handed-over", text, values)


def _confirmation(came: Collected) -> str:
    return str((came.done[0].answer or {}).get("confirmation_number", ""))


def _page(
    request: Request, asked: RampDeparture, who: SignedIn, *, status: int = 200, **more: Any
) -> Response:
    with transaction() as session:
        there: Ramp = ramp(session, asked)
        astray = to_take_off(session, who.actor.warehouses)
    values: dict[str, Any] = {"given": {}, "problem": None, "came": None, "done": None}
    shown = {"ramp": there, "astray": astray, "tones": TONES, "refusals": _REFUSALS}
    return page(request, "departure.html", status=status, **(values | shown | more))
