"""Alarms: what is out for longer, or until a person has mended it, and which orders stand still."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from adapters.database.clock import this_instant
from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.language.sentences import sentence
from domain.errors import PacklineError
from domain.messages import Message
from models.enums import EventKind
from models.events import OfService
from models.tables.outages import Outage, goes_on
from models.tables.shipments import Shipment
from services.access.actors import Actor
from services.alarms.circuit import is_about_single_orders
from services.execution.events import add_event

_GOES_ON = Message(
    "alarm-away", "bring it back, and the orders go on by themselves within a minute"
)
_MEND = Message(
    "alarm-refused",
    "mend that, then run `packline alarm retry '{service}' --by NAME`: the orders go on",
)


class NoAlarm(PacklineError):
    """There is no such alarm now."""

    messages = {
        "no-alarm": "There is no alarm: nothing stands still.",
        "no-such-alarm": (
            "There is no alarm about '{service}': `packline status` lists those that there are."
        ),
    }

    def __init__(self, service: str | None) -> None:
        super().__init__("no-such-alarm" if service else "no-alarm", service=service)


class AlarmKind(StrEnum):
    """`away`: it is over by itself when the service answers; `refused`: a person has to mend it."""

    AWAY = "away"
    REFUSED = "refused"


class Alarm(BaseModel):
    """What people are to know: what is wrong, since when, which orders wait for it, what to do."""

    model_config = ConfigDict(frozen=True)

    id: int
    service: str
    kind: AlarmKind
    since: datetime
    raised_at: datetime
    problem: str
    to_do: str
    orders: tuple[int, ...]


def open_alarms(session: Session) -> list[Alarm]:
    """The alarms that are not over, the oldest first."""
    found = session.exec(_open().order_by(col(Outage.raised_at), col(Outage.id)))
    return [alarm_of(session, outage) for outage in found]


def alarm_of(session: Session, outage: Outage) -> Alarm:
    """An outage that is an alarm, as people and programs are told of it."""
    to_do = _MEND if outage.refused else _GOES_ON
    return Alarm(
        id=outage.id,
        service=outage.service,
        kind=AlarmKind.REFUSED if outage.refused else AlarmKind.AWAY,
        since=outage.since,
        raised_at=outage.raised_at or outage.since,
        problem=sentence(Message.from_data(outage.problem)),
        to_do=sentence(Message(to_do.code, to_do.text, {"service": outage.service})),
        orders=_waiting_orders(session, outage.service),
    )


def retry_alarms(service: str | None, actor: Actor) -> list[Alarm]:
    """Somebody has mended it: the service is asked again, and if it answers, all orders go on.

    Without a service, all of them. What is still refused is another alarm. Raises `NoAlarm`.
    """
    with transaction() as session:
        wanted = _open().where(Outage.service == service) if service else _open()
        outages = session.exec(wanted.order_by(col(Outage.id)).with_for_update()).all()
        if not outages:
            raise NoAlarm(service)
        alarms = [alarm_of(session, outage) for outage in outages]
        for outage, alarm in zip(outages, alarms, strict=True):
            _retry(session, outage, alarm, actor)
        notify(session, ORDERS_CHANNEL)
    return alarms


def _retry(session: Session, outage: Outage, alarm: Alarm, actor: Actor) -> None:
    """One probe is let through first; where no order could be it, or others were never kept from
    asking, the alarm is over.
    """
    now = this_instant(session)
    outage.refused = False
    if alarm.orders and not is_about_single_orders(outage.service):
        outage.retry_at = now
    else:
        outage.over_at, outage.retry_at = now, None
    what = OfService(service=outage.service)
    add_event(session, f"outage:{outage.id}", EventKind.ALARM_RETRIED, what, actor=actor)


def _open() -> SelectOfScalar[Outage]:
    return select(Outage).where(goes_on(), col(Outage.raised_at).is_not(None))


def _waiting_orders(session: Session, service: str) -> tuple[int, ...]:
    waiting = select(Shipment.order_number).where(Shipment.awaits == service)
    return tuple(session.exec(waiting.distinct().order_by(col(Shipment.order_number))))
