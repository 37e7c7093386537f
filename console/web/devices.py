"""Shared devices: an admin makes the browser in which they sit one of them."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from adapters.database.sessions import transaction
from console.access.cookies import DEVICE_COOKIE, sealed
from console.access.visits import OwnForm, allowed
from console.web.pages import cookie_rules, go_to, page
from domain.errors import PacklineError
from domain.messages import Message
from services.access.permissions import Action
from services.access.web_sessions import SignedIn
from services.accounts.devices import DeviceRefused, devices, register_device, revoke_device
from services.accounts.users import LANGUAGES

router = APIRouter()
Admin = Annotated[SignedIn, allowed(Action.MANAGE_DEVICES)]
_YEARS_SECONDS = 5 * 365 * 24 * 60 * 60


@router.get("/devices")
def device_list(request: Request, who: Admin) -> Response:
    """All shared devices."""
    return _page(request)


@router.post("/devices")
def registering(request: Request, who: Admin, form: OwnForm) -> Response:
    """Register this browser."""
    language = str(form.get("language", ""))
    try:
        chosen = language if language in LANGUAGES else None
        token = register_device(str(form.get("name", "")), chosen, who.actor)
    except DeviceRefused as problem:
        return _page(request, problem)
    note = Message("device-registered", "This is a shared device now: sign out, and hand it over.")
    answer = go_to(request, "/devices", note)
    kept = sealed(token, DEVICE_COOKIE)
    answer.set_cookie(DEVICE_COOKIE, kept, **cookie_rules(request), max_age=_YEARS_SECONDS)
    return answer


@router.post("/devices/{device_id}/revoke")
def revoking(request: Request, device_id: int, who: Admin, form: OwnForm) -> Response:
    """A device that is lost, or goes, is none any more."""
    revoke_device(device_id, who.actor)
    return go_to(request, "/devices", Message("device-revoked", "It is no shared device any more."))


def _page(request: Request, problem: PacklineError | None = None) -> Response:
    with transaction() as session:
        known = devices(session)
    status = 422 if problem else 200
    return page(request, "devices.html", status=status, devices=known, problem=problem)
