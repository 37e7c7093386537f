"""Restocking by scan: goods, then their bin. What is stored stays so, whoever goes on with it.

A scan locks its task, checks, and writes in one transaction. One that is sent twice counts once.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field
from sqlmodel import Session, select

from adapters.database.sessions import transaction
from domain.command_codes import CommandCode, command_of
from domain.messages import Message, Value
from domain.texts import shortened
from models.enums import TaskKind
from models.results.checklists import ChecklistItem, RestockChecklist
from models.scanning import ScanMeaning, storable_code
from models.tables.restocking import RestockedItem
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.scanning.codes import Code, meaning_of, names_of
from services.worklist.taking import stay_at


class RestockAct(StrEnum):
    """A scan, or one of the buttons of a line."""

    CODE = "code"
    ALL_STORED = "all-stored"
    DAMAGED = "damaged"
    MISSING = "missing"
    ANEW = "anew"


class RestockScan(BaseModel):
    """What a page sends, under a random key of its own; `sku` is the line of a button."""

    key: UUID
    act: RestockAct = RestockAct.CODE
    code: Annotated[str, BeforeValidator(storable_code)] = ""
    sku: str = Field("", max_length=64)


class RestockResult(StrEnum):
    """What came of it."""

    IN_HAND = "in-hand"
    STORED = "stored"
    LINE_STORED = "line-stored"
    DAMAGED = "damaged"
    MISSING = "missing-of-line"
    ANEW = "anew"
    COUNTED_BEFORE = "counted-before"
    LINE_FULL = "line-full"
    SURPLUS_CASE = "surplus-case"
    NOT_ON_LIST = "not-on-list"
    WRONG_BIN = "wrong-bin"
    GOODS_FIRST = "goods-first"
    UNKNOWN_CODE = "unknown-code"


_COMMANDS: Mapping[CommandCode | None, RestockAct] = {
    CommandCode.DAMAGED: RestockAct.DAMAGED,
    CommandCode.NOT_IN_BIN: RestockAct.MISSING,
}
"""What printed command codes do here."""


class RestockVerdicts:
    """What is said of each result."""

    messages: ClassVar[Mapping[str, str]] = {
        "in-hand": "In hand: {in_hand} of {name}. Scan bin {bin}.",
        "stored": "Stored: {name}, {stored} of {asked}.",
        "line-stored": "Line done: {name}, {stored} of {asked}.",
        "damaged": "Damaged: {name}, {damaged} of {asked}.",
        "missing-of-line": "Missing: {name}, {missing} of {asked}.",
        "anew": "Start again: {name}, 0 of {asked}.",
        "counted-before": "Go on: this was counted before.",
        "line-full": "Leave it: all {asked} of {name} are done.",
        "surplus-case": "Scan single pieces: {left} left, this code stands for {pieces}.",
        "not-on-list": "Leave {name}: it is not on this list.",
        "wrong-bin": "Leave bin {bin}: {name} goes to {expected}.",
        "goods-first": "Scan the goods first, then bin {bin}.",
        "unknown-code": "Scan it again: nobody knows {code}.",
    }


def restock(task_id: int, scan: RestockScan, actor: Actor) -> Message:
    """Take in a scan or a press for a restock task that the actor has taken; what is said of it.

    Raises `TaskNotOpen`, `OnHold`, `NotYours`.
    """
    with transaction() as session:
        task = stay_at(session, task_id, actor, TaskKind.RESTOCK)
        came = Restocking(session, task, scan.key).take(scan)
        session.flush()
        return came


def restock_lines(
    session: Session, task: StaffTask
) -> Sequence[tuple[ChecklistItem, RestockedItem]]:
    """The lines of a restock task in walking order, each with what became of its pieces."""
    kept = {item.sku: item for item in _kept(session, task)}
    return [(line, kept.get(line.sku) or _new(task, line)) for line in _listed(task)]


class Restocking:
    """What became of the goods of a locked restock task, and what a scan changes about it."""

    def __init__(self, session: Session, task: StaffTask, key: UUID) -> None:
        self.session, self.task, self.key = session, task, key
        self.lines = {line.sku: line for line in _listed(task)}
        self.items = {line.sku: item for line, item in restock_lines(session, task)}

    def take(self, scan: RestockScan) -> Message:
        """What comes of a scan or a press."""
        if any(item.last_key == scan.key for item in self.items.values()):
            return said(RestockResult.COUNTED_BEFORE)
        if scan.act != RestockAct.CODE:
            return self._press(scan.act, self.items.get(scan.sku), scan.sku)
        if act := _COMMANDS.get(command_of(scan.code)):
            return self._press(act, self._at_hand(), scan.code)
        code = meaning_of(self.session, scan.code, self.task.warehouse)
        match code.meaning:
            case ScanMeaning.PIECES:
                return self._goods(code)
            case ScanMeaning.BIN:
                return self._bin(code.bin)
            case _:
                return said(RestockResult.UNKNOWN_CODE, code=shortened(scan.code))

    def _goods(self, code: Code) -> Message:
        item = self.items.get(code.sku or "")
        if item is None:
            named = names_of(self.session, [code.sku or ""]).get(code.sku or "", "")
            return said(RestockResult.NOT_ON_LIST, name=shortened(named))
        if not item.left:
            return self._said(RestockResult.LINE_FULL, item)
        if code.pieces > item.left:
            return self._said(RestockResult.SURPLUS_CASE, item, pieces=code.pieces)
        item.in_hand += code.pieces
        return self._changed(RestockResult.IN_HAND, item)

    def _bin(self, bin: str) -> Message:
        """The bin takes what is in hand and belongs there."""
        in_hand = [item for item in self.items.values() if item.in_hand]
        here = [item for item in in_hand if self.lines[item.sku].bin == bin]
        if not in_hand:
            return said(RestockResult.GOODS_FIRST, bin=bin)
        if not here:
            expected = self.lines[in_hand[0].sku].bin
            return self._said(RestockResult.WRONG_BIN, in_hand[0], bin=bin, expected=expected)
        for item in here:
            item.stored, item.in_hand = item.stored + item.in_hand, 0
            came = self._changed(self._stored(item), item)
        return came

    def _at_hand(self) -> RestockedItem | None:
        """What a command is about: what is in hand, or else the first open line."""
        items = sorted(self.items.values(), key=lambda item: not item.in_hand)
        return next((item for item in items if item.in_hand or item.is_open), None)

    def _press(self, act: RestockAct, item: RestockedItem | None, meant: str) -> Message:
        if item is None:
            return said(RestockResult.NOT_ON_LIST, name=shortened(meant))
        if act == RestockAct.ANEW:
            item.stored = item.in_hand = item.damaged = item.missing = 0
            return self._changed(RestockResult.ANEW, item)
        if not item.is_open:
            return self._said(RestockResult.LINE_FULL, item)
        return self._settle_pieces(act, item)

    def _settle_pieces(self, act: RestockAct, item: RestockedItem) -> Message:
        """All that is left is stored; or one piece, in hand or not, is lost."""
        if act == RestockAct.ALL_STORED:
            item.stored, item.in_hand = item.asked - item.damaged - item.missing, 0
            return self._changed(self._stored(item), item)
        item.in_hand -= not item.left
        if act == RestockAct.DAMAGED:
            item.damaged += 1
            return self._changed(RestockResult.DAMAGED, item)
        item.missing += 1
        return self._changed(RestockResult.MISSING, item)

    def _stored(self, item: RestockedItem) -> RestockResult:
        return RestockResult.STORED if item.is_open else RestockResult.LINE_STORED

    def _changed(self, result: RestockResult, item: RestockedItem) -> Message:
        item.last_key = self.key
        self.session.add(item)
        return self._said(result, item)

    def _said(self, result: RestockResult, item: RestockedItem, **more: Value) -> Message:
        line = self.lines[item.sku]
        counts = item.model_dump(include={"asked", "in_hand", "stored", "damaged", "missing"})
        values = counts | {"left": item.left, "name": shortened(line.name), "bin": line.bin or "–"}
        return said(result, **(values | more))


def said(result: RestockResult, **values: Value) -> Message:
    """What is said of a result."""
    return Message(result.value, RestockVerdicts.messages[result], values)


def _listed(task: StaffTask) -> Sequence[ChecklistItem]:
    return RestockChecklist.model_validate(task.checklist or {}).items


def _kept(session: Session, task: StaffTask) -> Sequence[RestockedItem]:
    return session.exec(select(RestockedItem).where(RestockedItem.task_id == task.id)).all()


def _new(task: StaffTask, line: ChecklistItem) -> RestockedItem:
    return RestockedItem(
        task_id=task.id,
        sku=line.sku,
        asked=line.quantity,
        in_hand=0,
        stored=0,
        damaged=0,
        missing=0,
    )
