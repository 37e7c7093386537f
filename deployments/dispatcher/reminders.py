"""The thread that tells people of alarms and late tasks, and keeps departures up to date, beside
the dispatcher's sweeps and never in their way. What is late, and who is told, is ruled in
services/reminders/ and services/alarms/.

Every dispatcher's process has this thread, also one that stands by: who looks and who sends is
settled by locks in Postgres.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from adapters.settings import settings
from domain.errors import Unavailable
from services.alarms.outages import raise_lasting
from services.messaging.alarm_mails import tell_alarms
from services.reminders.late_tasks import remind_and_escalate, send_reminders
from services.worklist.departures import look_up_due_departures

logger = logging.getLogger("packline.reminders")


@contextmanager
def reminders(stop: threading.Event) -> Iterator[None]:
    """Remind people in a thread of its own; it ends with the block, by setting `stop`."""
    thread = threading.Thread(target=remind_until, args=[stop], name="reminders", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(settings().smtp_timeout_seconds)


def remind_until(stop: threading.Event) -> None:
    """Look for outages that last, for departures that have passed and for late tasks, and send what
    is written, round after round.

    Nothing ends this but `stop`: what one round could not do, a later one does. What was written
    before is sent, though there may be trouble with what is late now.
    """
    while not stop.is_set():
        _try(raise_lasting)
        _try(tell_alarms)
        _try(look_up_due_departures)
        written, sent = _try(remind_and_escalate), _try(send_reminders)
        if written or sent:
            logger.info("Late tasks: %s mails written, %s sent", written, sent)
        stop.wait(settings().reminder_seconds)


def _try(do: Callable[[], int]) -> int:
    try:
        return do()
    except (Unavailable, OperationalError) as away:
        logger.warning("%s", away)
    except Exception:
        logger.exception("This waits for the next round")
    return 0
