"""A picker with a scanner: whoever has taken a picking, and what they scan."""

from collections.abc import Callable
from itertools import count
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

from adapters.database.sessions import transaction
from domain.reasons import Reason
from models.enums import Channel, Role
from models.scanning import ScanIn, ScanResult
from services.access.actors import Actor
from services.execution.locks import locked_order
from services.orders.cancellation import request_cancellation, shipments_to_cancel
from services.scanning.scans import ScanAnswer, ScansTaken, take_scans
from services.worklist.taking import take
from tests.process import rows


def picker(name: str = "Jo", *roles: Role) -> Actor:
    """Somebody who is signed in to the console."""
    roles = roles or (Role.WAREHOUSE_STAFF,)
    return Actor(name=name, channel=Channel.CONSOLE, roles=frozenset(roles))


class Scanner:
    """A device in somebody's hand, for a task that they take."""

    def __init__(self, task_id: int, actor: Actor | None = None) -> None:
        self.actor = actor or picker()
        self.task_id = task_id
        self.take = take(task_id, self.actor).take_number
        self.device = uuid4()
        self.numbers = count(1)

    def made(self, raw: str = "", **given: Any) -> ScanIn:
        """A scan that is not sent yet."""
        values = {
            "key": uuid4(),
            "take": self.take,
            "device": self.device,
            "sequence": next(self.numbers),
            "raw": raw,
        }
        return ScanIn(**values | given)

    def send(self, *scans: ScanIn) -> ScansTaken:
        return take_scans(self.task_id, scans, self.actor)

    def scan(self, *codes: str, **given: Any) -> ScanResult:
        """What came of the last of these codes."""
        return self.answers(*codes, **given)[-1].result

    def answers(self, *codes: str, **given: Any) -> list[ScanAnswer]:
        return list(self.send(*(self.made(code, **given) for code in codes)).answers)

    def press(self, act: str, **given: Any) -> ScanResult:
        """What came of a button."""
        return self.send(self.made(act=act, source="button", **given)).answers[-1].result

    def undo(self, key: UUID) -> ScanResult:
        return self.press("undo", undoes=key)


def scanned_while_cancelled(number: int, scan: Callable[[], ScanResult]) -> list[ScanResult]:
    """What comes of a scan that waits for a cancellation of the order, which has begun."""
    results: list[ScanResult] = []
    scanning = Thread(target=lambda: results.append(scan()))
    with transaction() as session:
        order = locked_order(session, number)
        shipments_to_cancel(session, order)
        scanning.start()
        while not rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
            scanning.join(0.01)
            assert scanning.is_alive()
        reason = Reason(note="changed their mind")
        request_cancellation(session, order, reason, picker("Max", Role.OPERATOR))
    scanning.join()
    return results
