"""Taking in scans: each is kept once, and counts only while its picking is in the scanner's hands.

A scan locks its task, checks, and writes, all in one transaction, so that two devices cannot both
count the last piece (docs/decisions/0038).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.barcodes import without_symbology
from domain.command_codes import CommandCode, command_of
from domain.messages import Message, Value
from domain.picking import ScanBins
from domain.texts import shortened
from domain.totes import read_tote_code
from models.enums import ShortPickReason, TaskKind, TaskState
from models.scanning import (
    COUNTS,
    PickingLine,
    PickingState,
    ScanAct,
    ScanIn,
    ScanMeaning,
    ScanResult,
    ScanSource,
)
from models.tables.orders import SalesOrder
from models.tables.scanning import Scan, ScannedItem
from models.tables.shipments import shipment_message
from models.tables.staff import StaffTask
from services.access.actors import PACKLINE, Actor
from services.accounts.badges import BADGE_PREFIX
from services.scanning.codes import UNKNOWN, Code, meaning_of, names_of
from services.scanning.counting import lines_of, locked_items, undoable_scans
from services.scanning.state import kept_take, picking_state
from services.scanning.verdicts import verdict
from services.worklist.taking import check_may_do, is_in_hands_of, renew
from services.worklist.tasks import find_task
from services.worklist.totes import bind_tote, hold_shipments


@dataclass(frozen=True)
class ScanAnswer:
    """What came of a scan: its key, the result, and the sentence about it."""

    key: UUID
    result: ScanResult
    says: Message


@dataclass(frozen=True)
class ScansTaken:
    """What came of several scans, and how the picking stands after them."""

    answers: Sequence[ScanAnswer]
    state: PickingState


def take_scans(task_id: int, scans: Sequence[ScanIn], actor: Actor) -> ScansTaken:
    """Keep scans, and count those that are to be counted, in the order in which a device made them.

    One that is known already gets the answer that it had. Raises `TaskNotOpen` where there is no
    such task, and `NotYours` where it is for another role.
    """
    with transaction() as session:
        task = find_task(session, task_id, TaskKind.PICKING)
        if any(read_tote_code(scan.raw) for scan in scans):
            hold_shipments(session, [task])
        session.refresh(task, with_for_update=True)
        check_may_do(task, actor)
        ordered = sorted(scans, key=lambda scan: scan.sequence)
        answers = [take_scan(session, task, scan, actor) for scan in ordered]
        return ScansTaken(answers, picking_state(session, task, actor))


@dataclass(frozen=True)
class Outcome:
    """What a scan meant, and what came of it."""

    result: ScanResult
    code: Code = UNKNOWN
    values: dict[str, Value] | None = None
    undoes: UUID | None = None
    reason: ShortPickReason | None = None


def take_scan(
    session: Session, task: StaffTask, scan: ScanIn, actor: Actor, judged: Outcome | None = None
) -> ScanAnswer:
    """Keep a scan of a locked task, and count it, unless it is `judged` already as one that counts
    nothing. One that is known already gets the answer that it had.
    """
    if known := answer_kept(session, scan.key):
        return known
    given = commanded(scan)
    late = _why_late(session, task, given, actor)
    if late:
        outcome = _of_late(session, task, given, late)
    else:
        outcome = judged or _counted(session, task, given)
    says = verdict(outcome.result, **outcome.values or {})
    row = _row(task, given, outcome, says, actor)
    if given.act == ScanAct.RETURNED:  # also all that earlier takes have counted
        row.take_number = task.take_number - (kept_take(task, actor.name) > 0)
    session.add(row)
    session.flush()
    if not late:
        _stay_at(session, task, outcome)
    return ScanAnswer(scan.key, outcome.result, says)


def answer_kept(session: Session, key: UUID) -> ScanAnswer | None:
    """What was said of a scan that is known already."""
    known = session.get(Scan, key)
    return ScanAnswer(key, known.result, Message.from_data(known.answer)) if known else None


A_BADGE = "badge"
"""What is kept of a scan in place of a badge's code."""

_COMMANDS: dict[CommandCode, dict[str, Any]] = {
    CommandCode.UNDO: {"act": ScanAct.UNDO},
    CommandCode.NEXT: {"act": ScanAct.SKIP},
    CommandCode.NOT_IN_BIN: {"act": ScanAct.SHORT, "why": ShortPickReason.NOT_IN_BIN},
    CommandCode.DAMAGED: {"act": ScanAct.SHORT, "why": ShortPickReason.DAMAGED},
    CommandCode.WRONG_ITEM: {"act": ScanAct.SHORT, "why": ShortPickReason.WRONG_ITEM},
    CommandCode.OTHER: {"act": ScanAct.SHORT, "why": ShortPickReason.OTHER},
}
"""What commands do for which a device has no act of its own."""


def commanded(scan: ScanIn) -> ScanIn:
    """The same with what its code commands, where it is a command's. A badge is kept nowhere."""
    code = without_symbology(scan.raw)
    if code.upper().startswith(BADGE_PREFIX):
        return scan.model_copy(update={"raw": A_BADGE})
    command = command_of(code) if scan.act == ScanAct.CODE else None
    if command not in _COMMANDS:
        return scan
    return scan.model_copy(update={"source": ScanSource.COMMAND, **_COMMANDS[command]})


def _why_late(session: Session, task: StaffTask, scan: ScanIn, actor: Actor) -> ScanResult | None:
    """Why a scan does not count, whatever it is; None: it is in time."""
    if scan.act == ScanAct.RETURNED:
        return ScanResult.RETURNED
    if task.state == TaskState.HELD:
        return ScanResult.ON_HOLD
    if task.state in (TaskState.DONE, TaskState.REFUSED):
        return ScanResult.ALREADY_DONE
    of_order = select(SalesOrder.cancel_requested_at).where(SalesOrder.number == task.order_number)
    if task.state == TaskState.WITHDRAWN or session.exec(of_order).one() is not None:
        return ScanResult.WITHDRAWN
    if is_in_hands_of(task, actor.name, scan.take):
        return None
    theirs = task.taken_by in (None, actor.name)
    return ScanResult.GIVEN_BACK if theirs else ScanResult.TAKEN_BY_ANOTHER


def _of_late(session: Session, task: StaffTask, scan: ScanIn, why: ScanResult) -> Outcome:
    """What a scan that does not count would have meant: its pieces are in somebody's hands."""
    by = task.answered_by if why == ScanResult.ALREADY_DONE else task.taken_by
    values: dict[str, Value] = {"by": by}
    match scan.act:
        case ScanAct.CODE:
            return Outcome(why, meaning_of(session, scan.raw, task.warehouse), values)
        case ScanAct.UNDO:
            undoes = scan.undoes if scan.undoes and session.get(Scan, scan.undoes) else None
            return Outcome(why, Code(ScanMeaning.UNDO), values, undoes)
        case ScanAct.RETURNED:
            return Outcome(why, Code(ScanMeaning.RETURNED))
        case _:
            return Outcome(why, UNKNOWN, values)


def _counted(session: Session, task: StaffTask, scan: ScanIn) -> Outcome:
    counting = Counting(session, task)
    match scan.act:
        case ScanAct.UNDO:
            return counting.undo(scan.undoes)
        case ScanAct.SHORT:
            return counting.short(scan.sku, scan.why or ShortPickReason.OTHER)
        case ScanAct.SKIP:
            return counting.skip(scan.sku)
        case _:
            return counting.scan(meaning_of(session, scan.raw, task.warehouse), scan.raw)


class Counting:
    """The counts of a locked task's current take, and what a scan does to them."""

    def __init__(self, session: Session, task: StaffTask) -> None:
        self.session = session
        self.task = task
        self.items = locked_items(session, task)
        self.lines = {line.sku: line for line in lines_of(task, self.items)}

    @property
    def line(self) -> PickingLine | None:
        """Where the picker is: the first line that is neither full nor explained."""
        return next((line for line in self.lines.values() if not line.is_settled), None)

    def scan(self, code: Code, raw: str) -> Outcome:
        """What is to be done about a code."""
        if raw == A_BADGE:
            return Outcome(ScanResult.BADGE, code)
        match code.meaning:
            case ScanMeaning.PIECES if code.sku in self.items:
                return self._piece(code, self.items[code.sku], self.lines[code.sku])
            case ScanMeaning.PIECES:
                return self._of_another_order(code)
            case ScanMeaning.BIN:
                return self._bin(code)
            case ScanMeaning.TOTE:
                return self._tote(code)
            case _:
                return Outcome(ScanResult.UNKNOWN_CODE, code, {"code": shortened(raw)})

    def undo(self, key: UUID | None) -> Outcome:
        """The scan of that key counts no more; without one, the last that counts."""
        undoable = undoable_scans(self.session, self.task)
        found = next((x for x in reversed(undoable) if key in (None, x.key)), None)
        item = self.items.get(found.sku) if found else None
        meant = Code(ScanMeaning.UNDO)
        if found is None or item is None or item.counted < found.pieces:
            return Outcome(ScanResult.NOTHING_TO_UNDO, meant)
        item.counted -= found.pieces
        if not found.pieces:
            item.short_reason = None
        values = self._counts(item)
        return Outcome(ScanResult.UNDONE, meant._replace(sku=item.sku), values, found.key)

    def short(self, sku: str | None, why: ShortPickReason) -> Outcome:
        """There is no more of a line to be found, for that reason."""
        item = self._item(sku)
        if item is None:
            return Outcome(ScanResult.NOT_LISTED, Code(ScanMeaning.SHORT), reason=why)
        meant = Code(ScanMeaning.SHORT, item.sku)
        values = self._counts(item)
        if item.counted == item.asked:
            return Outcome(ScanResult.NOTHING_SHORT, meant, values, reason=why)
        item.short_reason = why
        return Outcome(ScanResult.SHORT, meant, values, reason=why)

    def skip(self, sku: str | None) -> Outcome:
        """A line comes last."""
        item = self._item(sku)
        if item is None:
            return Outcome(ScanResult.NOT_LISTED, Code(ScanMeaning.SKIP))
        item.moved_to_end = 1 + max(other.moved_to_end for other in self.items.values())
        return Outcome(ScanResult.SKIPPED, Code(ScanMeaning.SKIP, item.sku), self._counts(item))

    def _piece(self, code: Code, item: ScannedItem, line: PickingLine) -> Outcome:
        values = self._counts(item)
        left = item.asked - item.counted
        if not left:
            return Outcome(ScanResult.SURPLUS, code, values)
        if settings().scan_bins == ScanBins.FIRST and line.bin and not item.bin_seen:
            return Outcome(ScanResult.BIN_FIRST, code, values)
        if code.pieces > left:
            more: dict[str, Value] = {"left": left, "pieces": code.pieces}
            return Outcome(ScanResult.SURPLUS_CASE, code, values | more)
        item.counted += code.pieces
        if item.counted == item.asked:
            item.short_reason = None
            return Outcome(ScanResult.LINE_DONE, code, self._counts(item))
        return Outcome(ScanResult.COUNTED, code, self._counts(item))

    def _of_another_order(self, code: Code) -> Outcome:
        name = shortened(names_of(self.session, [code.sku or ""]).get(code.sku or "", ""))
        if self.line is None:
            return Outcome(ScanResult.NOT_LISTED, code)
        expected: dict[str, Value] = {"expected": shortened(self.line.name), "bin": self.line.bin}
        return Outcome(ScanResult.WRONG_ITEM, code, expected | {"name": name})

    def _bin(self, code: Code) -> Outcome:
        here = [line for line in self.lines.values() if line.bin == code.bin]
        for line in here:
            self.items[line.sku].bin_seen = True
        wanted = next((line for line in here if not line.is_settled), None)
        if wanted:
            return Outcome(
                ScanResult.AT_BIN, code, {"bin": code.bin, "name": shortened(wanted.name)}
            )
        if self.line is None:
            return Outcome(ScanResult.NOT_LISTED, code)
        return Outcome(ScanResult.WRONG_BIN, code, {"bin": code.bin, "expected": self.line.bin})

    def _tote(self, code: Code) -> Outcome:
        """A tote that is free holds this shipment from now on: the first one, or one more."""
        task = self.task
        own = (task.order_number, task.shipment)
        bound = bind_tote(self.session, code.tote, own, task.taken_by or PACKLINE.name)
        values: dict[str, Value] = {"tote": code.tote, "shipment": shipment_message(*bound.by)}
        if bound.is_theirs:
            return Outcome(ScanResult.IN_TOTE, code, values)
        return Outcome(ScanResult.TOTE_HOLDS_ANOTHER, code, values)

    def _item(self, sku: str | None) -> ScannedItem | None:
        if sku is None and self.line:
            return self.items[self.line.sku]
        return self.items.get(sku or "")

    def _counts(self, item: ScannedItem) -> dict[str, Value]:
        line = self.lines[item.sku]
        return {
            "counted": item.counted,
            "asked": item.asked,
            "name": shortened(line.name),
            "bin": line.bin,
        }


def _row(task: StaffTask, scan: ScanIn, outcome: Outcome, says: Message, actor: Actor) -> Scan:
    code = outcome.code
    return Scan(
        key=scan.key,
        task_id=task.id,
        take_number=scan.take,
        device=scan.device,
        sequence=scan.sequence,
        source=scan.source,
        meaning=code.meaning,
        raw=scan.raw,
        sku=code.sku,
        pieces=code.pieces,
        bin=code.bin,
        undoes=outcome.undoes,
        reason=outcome.reason,
        result=outcome.result,
        counts=outcome.result in COUNTS,
        answer=says.as_data(),
        staff=actor.name,
        scanned_at=scan.scanned_at,
    )


def _stay_at(session: Session, task: StaffTask, outcome: Outcome) -> None:
    """Who scans is still at it."""
    now = this_instant(session)
    renew(task, now)
    if outcome.result in COUNTS and task.first_scan_at is None:
        task.first_scan_at = now
