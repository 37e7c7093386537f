"""Shared devices: scanners and tablets on which one person after another signs in."""

from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from domain.errors import PacklineError
from domain.texts import as_key
from models.enums import EventKind
from models.events import OfDevice
from models.tables.access import DEVICE_CHARACTERS, Device
from models.validation import is_printable
from services.access.actors import Actor
from services.access.permissions import Action, require
from services.access.tokens import hash_of, new_token
from services.execution.events import add_event
from services.execution.ledger import device_key
from services.execution.locks import IDENTITIES


class DeviceRefused(PacklineError):
    """No device is registered, or none is there."""

    messages = {
        "device-needs-name": "Give the device a name of up to {characters} characters, such as"
        " Bench 2.",
        "device-name-taken": "There is a device called {name!q}: give this one another name.",
        "unknown-device": "There is no such device: open the page anew.",
    }


def register_device(name: str, language: str | None, actor: Actor) -> str:
    """Make the browser in which an admin sits a shared device; returns its token.

    Raises `DeviceRefused`, `NotAllowed`.
    """
    require(actor, Action.MANAGE_DEVICES)
    name, token = as_key(name), new_token()
    if not name or len(name) > DEVICE_CHARACTERS or not is_printable(name):
        raise DeviceRefused("device-needs-name", characters=DEVICE_CHARACTERS)
    with transaction() as session:
        if session.exec(select(Device.id).where(Device.name == name)).first():
            raise DeviceRefused("device-name-taken", name=name)
        device = Device(
            name=name, token_hash=hash_of(token), language=language, registered_by=actor.name
        )
        session.add(device)
        session.flush()
        _tell(session, EventKind.DEVICE_REGISTERED, device, actor)
    return token


def revoke_device(device_id: int, actor: Actor) -> Device:
    """Nobody signs in by badge there any more, and who is signed in is out. Its name is free again.

    Raises `DeviceRefused`, `NotAllowed`.
    """
    require(actor, Action.MANAGE_DEVICES)
    with transaction() as session:
        known = device_id in IDENTITIES
        device = session.get(Device, device_id, with_for_update=True) if known else None
        if device is None or device.revoked_at is not None:
            raise DeviceRefused("unknown-device")
        device.revoked_at = this_instant(session)
        _tell(session, EventKind.DEVICE_REVOKED, device, actor)
        device.name = f"{device.name[: DEVICE_CHARACTERS - 21]} #{device.id}"
        return device


def device_of(session: Session, token: str) -> Device | None:
    """The registered device that a browser's token belongs to."""
    wanted = select(Device).where(
        Device.token_hash == hash_of(token), col(Device.revoked_at).is_(None)
    )
    return session.exec(wanted).first()


def devices(session: Session) -> list[Device]:
    """All that are registered, by name."""
    registered = select(Device).where(col(Device.revoked_at).is_(None))
    return list(session.exec(registered.order_by(col(Device.name))))


def _tell(session: Session, kind: EventKind, device: Device, actor: Actor) -> None:
    add_event(session, device_key(device.id), kind, OfDevice(device=device.name), actor=actor)
