"""Telling people of alarms, once each: by mail, or by a command where mail is what is broken."""

import logging
from functools import partial

from sqlmodel import Session, col, select

from adapters.alarm_command import run_alarm_command
from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from adapters.documents.rendering import alarm_mail
from adapters.settings import settings
from models.tables.outages import Outage, goes_on
from models.views.mails import AlarmView
from services.alarms.alarms import Alarm, alarm_of
from services.alarms.circuit import MAIL
from services.alarms.outages import open_outage
from services.execution.one_by_one import alone
from services.messaging.outbox import write

ALARM = "alarm"
"""What the keys of these mails begin with; the outage's id follows."""

logger = logging.getLogger("packline.alarms")


def tell_alarms() -> int:
    """Tell of the alarms that nobody was told of; returns how many were told.

    A mail is written to the outbox, and sent with the reminders. That a command is about to get an
    alarm is noted first: whatever becomes of it, it gets that one once.
    """
    untold = select(Outage.id).where(
        col(Outage.raised_at).is_not(None), col(Outage.told_at).is_(None), goes_on()
    )
    with transaction() as session:
        ids = session.exec(untold.order_by(col(Outage.id))).all()
    return sum(bool(alone(f"Alarm {id}", partial(_tell, id))) for id in ids)


def _tell(id: int) -> bool:
    command = settings().alarm_command
    with transaction() as session:
        outage = _untold(session, id)
        if outage is None:
            return False
        alarm = alarm_of(session, outage)
        if mail := _can_mail(session, outage):
            content = alarm_mail(_view(alarm))
            write(session, f"{ALARM}:{id}", [*map(str, settings().management_emails)], content)
        elif not command:
            return False
        outage.told_at = this_instant(session)
    if not mail and command:
        run_alarm_command(command, alarm.model_dump_json())
    return True


def _untold(session: Session, id: int) -> Outage | None:
    """The alarm, locked, unless another process is telling of it, or has."""
    mine = select(Outage).where(Outage.id == id, col(Outage.told_at).is_(None), goes_on())
    return session.exec(mine.with_for_update(skip_locked=True)).first()


def _can_mail(session: Session, about: Outage) -> bool:
    """Whether mail would tell of it."""
    mail = open_outage(session, MAIL)
    return about.service != MAIL and not (mail and mail.is_open)


def _view(alarm: Alarm) -> AlarmView:
    given = settings()
    return AlarmView(
        shop_name=given.shop_name,
        service=alarm.service,
        problem=alarm.problem,
        to_do=alarm.to_do,
        since=alarm.since,
        orders=alarm.orders,
        locale=given.locale,
        time_zone=given.time_zone,
    )
