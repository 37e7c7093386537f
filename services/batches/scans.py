"""Scans for a batch: each is kept as a scan of the picking that it counts for.

Which one that is follows from how the batch stands. All its pickings are locked for it, in the
order of their numbers, and all that are in hand stay so: a batch times out as a whole.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from domain.errors import PacklineError
from domain.totes import read_tote_code
from models.batches import BatchOrder, BatchScanIn, BatchStage, BatchState
from models.scanning import ScanAct, ScanIn, ScanMeaning, ScanResult
from models.tables.scanning import Scan
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.batches.current import current_batch, locked_tasks, tasks_in_hand
from services.batches.state import batch_state
from services.scanning.codes import Code, meaning_of
from services.scanning.counting import undoable_scans
from services.scanning.scans import Outcome, ScanAnswer, answer_kept, commanded, take_scan
from services.worklist.taking import renew
from services.worklist.totes import hold_shipments, shipment_in

_A_PAGE = UUID(int=0)
"""A page has no device that would count its scans."""


class NoBatch(PacklineError):
    """Somebody scans for a batch, and has none."""

    message = "Nothing was counted: you have no batch in hand. Take one, or open your work."


def take_batch_scan(sent: BatchScanIn, actor: Actor) -> ScanAnswer:
    """Keep a scan of whoever has a batch, and count it for the order that it is for.

    One that is known already gets the answer that it had. Raises `NoBatch`.
    """
    with transaction() as session:
        batch = current_batch(session, actor.name)
        if batch is None:
            raise NoBatch
        if read_tote_code(sent.raw):
            hold_shipments(session, tasks_in_hand(session, batch))
        tasks = {task.id: task for task in locked_tasks(session, batch)}
        if known := answer_kept(session, sent.key):
            return known
        sorting = _Sorting(session, batch_state(session, batch), tasks, actor)
        answer = sorting.keep(_scan(sent))
        _stay_at(session, [tasks[order.task] for order in sorting.state.picked])
        return answer


def _scan(sent: BatchScanIn) -> ScanIn:
    """As a scan of a picking; of which take is said once that is known."""
    return commanded(ScanIn(take=0, device=_A_PAGE, sequence=0, **sent.model_dump()))


def _stay_at(session: Session, tasks: Sequence[StaffTask]) -> None:
    now = this_instant(session)
    for task in tasks:
        renew(task, now)


class _Sorting:
    """Which orders of a batch a scan is for."""

    def __init__(
        self, session: Session, state: BatchState, tasks: Mapping[int, StaffTask], actor: Actor
    ) -> None:
        self.session, self.state, self.tasks, self.actor = session, state, tasks, actor

    def keep(self, scan: ScanIn) -> ScanAnswer:
        """Keep a scan for its orders; what was said for the first of them. Raises `NoBatch`."""
        if scan.act == ScanAct.RETURNED:
            return self._keep_all(scan, self.state.orders)
        if not self.state.picked:
            raise NoBatch
        match scan.act:
            case ScanAct.CODE:
                return self._code(scan)
            case ScanAct.UNDO:
                return self._undo(scan)
            case _:
                return self._at_stop(scan)

    @property
    def _here(self) -> BatchOrder:
        """The order at which the picker is."""
        stop = self.state.stop
        return self.state.numbered(stop.shares[0].number) if stop else self.state.picked[0]

    @property
    def _placing(self) -> BatchOrder | None:
        """The order whose tote is asked for."""
        placing = self.state.placing
        return self.state.numbered(placing.number) if placing else None

    def _code(self, scan: ScanIn) -> ScanAnswer:
        code = meaning_of(self.session, scan.raw, self.state.warehouse)
        if code.meaning == ScanMeaning.TOTE:
            return self._tote(scan, code)
        if code.meaning not in (ScanMeaning.PIECES, ScanMeaning.BIN):
            return self._keep(scan, self._here)
        if self.state.without_tote:
            return self._tote_first(scan, code, self.state.without_tote)
        if code.meaning == ScanMeaning.PIECES:
            return self._piece(scan, code)
        return self._bin(scan, code)

    def _tote(self, scan: ScanIn, code: Code) -> ScanAnswer:
        """The tote that is asked for, or an empty one, which becomes one of that order's."""
        wanted = self.state.without_tote or self._placing
        if wanted is None:
            return self._keep(scan, self._here, Outcome(ScanResult.ITEM_FIRST, code))
        if not self.state.without_tote and self._holds_another(code, wanted):
            wrong = Outcome(ScanResult.WRONG_TOTE, code, {"number": wanted.number})
            return self._keep(scan, wanted, wrong)
        return self._keep(scan, wanted)

    def _holds_another(self, code: Code, wanted: BatchOrder) -> bool:
        """Whether a tote is that of another order of the batch."""
        holds = shipment_in(self.session, code.tote)
        others = [order for order in self.state.picked if order.number != wanted.number]
        return holds in [(order.order, order.shipment) for order in others]

    def _tote_first(self, scan: ScanIn, code: Code, order: BatchOrder) -> ScanAnswer:
        first = Outcome(ScanResult.TOTE_FIRST, code, {"number": order.number})
        return self._keep(scan, order, first)

    def _piece(self, scan: ScanIn, code: Code) -> ScanAnswer:
        """Pieces go to the order that leaves first and still wants so many. While they wait for
        their tote, more of the same may be added, and nothing else.
        """
        wanted = [order for order in self.state.picked if _left(order, code) >= code.pieces]
        placing = self._placing
        if placing is None:
            return self._keep(scan, wanted[0] if wanted else self._lists(code) or self._here)
        same = self.state.placing is not None and self.state.placing.sku == code.sku
        if same and (placing in wanted or not wanted):
            return self._keep(scan, placing)
        return self._tote_first(scan, code, placing)

    def _lists(self, code: Code) -> BatchOrder | None:
        """An order that lists a product, at best one that still wants some of it."""
        listing = [order for order in self.state.picked if order.line(code.sku or "")]
        return max(listing, key=lambda order: _left(order, code), default=None)

    def _bin(self, scan: ScanIn, code: Code) -> ScanAnswer:
        if self._placing:
            return self._tote_first(scan, code, self._placing)
        stops = [stop for stop in self.state.stops if stop.bin == code.bin]
        numbers = {share.number for stop in stops for share in stop.shares}
        return self._keep_all(scan, self._numbered(numbers) or [self._here])

    def _at_stop(self, scan: ScanIn) -> ScanAnswer:
        """Short and later are said of all orders that still want the item. It was given to those
        that leave first, so that what is short is short for those that leave last.
        """
        stop = self.state.stop
        if stop is None or self.state.stage == BatchStage.CART:
            return self._keep(scan, self._here)
        named = scan.model_copy(update={"sku": stop.sku})
        return self._keep_all(named, self._numbered({share.number for share in stop.shares}))

    def _undo(self, scan: ScanIn) -> ScanAnswer:
        """The last scan counts no more. What was said to be short at once is undone at once."""
        undoable = self._undoable()
        if not undoable:
            return self._keep(scan, self._here)
        last = undoable[0]
        shorts = [one for one in undoable if _is_same_short(one, last)] or [last]
        answers = [
            self._keep(_again(scan, place, undoes=one.key), self._of_task(one.task_id))
            for place, one in enumerate(shorts)
        ]
        return answers[0]

    def _undoable(self) -> list[Scan]:
        """What can be undone in all orders, the last scan first."""
        tasks = [self.tasks[order.task] for order in self.state.picked]
        keys = [one.key for task in tasks for one in undoable_scans(self.session, task)]
        found = select(Scan).where(col(Scan.key).in_(keys)).order_by(col(Scan.at).desc())
        return list(self.session.exec(found))

    def _numbered(self, numbers: set[int]) -> list[BatchOrder]:
        return [order for order in self.state.picked if order.number in numbers]

    def _of_task(self, task_id: int) -> BatchOrder:
        return next(order for order in self.state.picked if order.task == task_id)

    def _keep_all(self, scan: ScanIn, orders: Sequence[BatchOrder]) -> ScanAnswer:
        answers = [self._keep(_again(scan, place), order) for place, order in enumerate(orders)]
        return answers[0]

    def _keep(self, scan: ScanIn, order: BatchOrder, judged: Outcome | None = None) -> ScanAnswer:
        of_take = scan.model_copy(update={"take": order.take})
        return take_scan(self.session, self.tasks[order.task], of_take, self.actor, judged)


def _again(scan: ScanIn, place: int, **more: UUID) -> ScanIn:
    """The same scan for one more order, under a key that follows from its own."""
    key = uuid5(scan.key, str(place)) if place else scan.key
    return scan.model_copy(update={"key": key, **more})


def _left(order: BatchOrder, code: Code) -> int:
    line = order.line(code.sku or "")
    return line.asked - line.counted if line else 0


def _is_same_short(one: Scan, last: Scan) -> bool:
    """Whether both say that the same item is short: no one but the last press can have done so."""
    is_short = one.meaning == last.meaning == ScanMeaning.SHORT
    return is_short and one.sku == last.sku
