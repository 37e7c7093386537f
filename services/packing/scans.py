"""Scans at the bench: each is kept once, under a key of its own, with what was said of it.

A scan locks its task, checks, and writes, all in one transaction. What it meant is judged by what
is in the parcels then; one that is refused counts nothing.
"""

from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlmodel import Session, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from domain.allocation import ShipmentId
from domain.messages import Message, Value
from domain.shipment_codes import shipment_code
from domain.texts import as_key, shortened, storable
from domain.totes import read_tote_code
from models.enums import PackingVerdict, TaskKind
from models.packing import MOST_PARCELS, PackingScanIn, Scanned
from models.tables.catalogue import Product
from models.tables.packing import PackingLine, PackingScan
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.access.shipment_links import BadLink, shipment_scanned
from services.inventory.barcodes import Goods, goods_scanned
from services.packing.codes import box_meant
from services.packing.counting import (
    begin_parcel,
    count,
    items_of,
    lines_of,
    parcels_of,
    undoable,
)
from services.packing.words import case_holds_more, said
from services.worklist.taking import stay_at
from services.worklist.totes import shipment_in

_MOST_NAMED = 3


@dataclass(frozen=True)
class _Judged:
    """What a scan does: nothing, or so many pieces more or less of a line, into a parcel."""

    verdict: PackingVerdict
    says: Message
    parcel: int
    sku: str | None = None
    pieces: int = 0
    undoes: int | None = None


@dataclass(frozen=True)
class _AtBench:
    """A locked packing task, with its lines."""

    session: Session
    task: StaffTask
    lines: dict[str, PackingLine]

    @property
    def all_packed(self) -> bool:
        """Every piece lies in a parcel."""
        return all(line.counted == line.asked for line in self.lines.values())

    def name(self, sku: str) -> str:
        """What a product is called, in not too many letters."""
        product = self.session.get(Product, sku)
        return shortened(product.name if product else sku)


def scan(task_id: int, scanned: PackingScanIn, actor: Actor) -> Scanned:
    """Take in a code that was scanned or typed, or a piece that was counted by its button.

    A repeat of its key is told the same, and counts nothing. Raises `TaskNotOpen`, `NotYours`.
    """
    with transaction() as session:
        bench = _at_bench(session, task_id, actor)
        if known := _known(session, scanned.key):
            return known
        begin_parcel(session, bench.task, scanned.parcel)
        judged = _judge(bench, scanned)
        return _keep(bench, scanned.key, scanned.code or scanned.sku or "", judged, actor)


def undo(task_id: int, key: UUID, actor: Actor) -> Scanned:
    """Take out again what the last scan has counted. Raises `TaskNotOpen`, `NotYours`."""
    with transaction() as session:
        bench = _at_bench(session, task_id, actor)
        if known := _known(session, key):
            return known
        begin_parcel(session, bench.task, 1)
        last = next(iter(undoable(session, task_id)), None)
        judged = _undo(bench, last) if last else _refused(1, "nothing-in-a-parcel")
        return _keep(bench, key, "undo", judged, actor)


def start_over(task_id: int, key: UUID, actor: Actor) -> Scanned:
    """Take everything out again: what lies in the parcels is scanned anew.

    Raises `TaskNotOpen`, `NotYours`.
    """
    with transaction() as session:
        bench = _at_bench(session, task_id, actor)
        if known := _known(session, key):
            return known
        begin_parcel(session, bench.task, 1)
        for scan in undoable(session, task_id):
            _keep(bench, uuid5(key, str(scan.id)), "start over", _undo(bench, scan), actor)
        judged = _Judged(PackingVerdict.CHANGED, said("packing-starts-over"), 1)
        return _keep(bench, key, "start over", judged, actor)


def next_parcel(task_id: int, actor: Actor) -> int:
    """Begin another parcel, unless nothing lies in the last one; its number.

    Raises `TaskNotOpen`, `NotYours`.
    """
    with transaction() as session:
        bench = _at_bench(session, task_id, actor)
        return _next(bench)


def _at_bench(session: Session, task_id: int, actor: Actor) -> _AtBench:
    task = stay_at(session, task_id, actor, TaskKind.PACKING)
    return _AtBench(session, task, lines_of(session, task))


def _known(session: Session, key: UUID) -> Scanned | None:
    scan = session.exec(select(PackingScan).where(PackingScan.key == key)).first()
    if scan is None:
        return None
    return Scanned(verdict=scan.verdict, says=Message.from_data(scan.said), parcel=scan.parcel)


def _keep(bench: _AtBench, key: UUID, code: str, judged: _Judged, actor: Actor) -> Scanned:
    task, session = bench.task, bench.session
    session.add(
        PackingScan(
            key=key,
            task_id=task.id,
            take_number=task.take_number,
            parcel=judged.parcel,
            code=storable(code),
            sku=judged.sku,
            pieces=judged.pieces,
            undoes=judged.undoes,
            verdict=judged.verdict,
            said=judged.says.as_data(),
            actor=actor.name,
        )
    )
    task.first_scan_at = task.first_scan_at or this_instant(session)
    session.flush()
    return Scanned(verdict=judged.verdict, says=judged.says, parcel=judged.parcel)


def _judge(bench: _AtBench, scanned: PackingScanIn) -> _Judged:
    if scanned.sku is not None:
        return _goods(bench, scanned.parcel, Goods(scanned.sku, 1))
    if goods := goods_scanned(bench.session, scanned.code):
        return _goods(bench, scanned.parcel, goods)
    if as_key(scanned.code) in bench.lines:
        return _goods(bench, scanned.parcel, Goods(as_key(scanned.code), 1))
    if box := box_meant(bench.session, scanned.code):
        return _box(bench, scanned.parcel, box)
    return _no_goods(bench, scanned)


def _goods(bench: _AtBench, parcel: int, goods: Goods) -> _Judged:
    name, line = bench.name(goods.sku), bench.lines.get(goods.sku)
    if line is None:
        return _wrong_item(bench, parcel, name)
    left = line.asked - line.counted
    if left == 0:
        return _refused(parcel, "packed-already", name=name, asked=line.asked)
    if goods.pieces > left:
        says = case_holds_more(name, left, goods.pieces)
        return _Judged(PackingVerdict.REFUSED, says, parcel)
    verdict = count(line, goods.pieces)
    says = said("counted-in", counted=line.counted, asked=line.asked, name=name, parcel=parcel)
    if bench.all_packed:
        verdict, says = PackingVerdict.ALL_DONE, said("all-is-packed")
    return _Judged(verdict, says, parcel, line.sku, goods.pieces)


def _wrong_item(bench: _AtBench, parcel: int, name: str) -> _Judged:
    wanted = tuple(bench.name(x.sku) for x in bench.lines.values() if x.counted < x.asked)
    if not wanted:
        return _refused(parcel, "not-in-this-order-all-packed", name=name)
    return _refused(parcel, "not-in-this-order", name=name, wanted=wanted[:_MOST_NAMED])


def _box(bench: _AtBench, parcel: int, box: str) -> _Judged:
    """The box of this parcel while nothing lies in it; else that of the next one."""
    number = parcel if not items_of(bench.session, bench.task.id).get(parcel) else _next(bench)
    begin_parcel(bench.session, bench.task, number).box = box
    says = said("box-of-parcel", parcel=number, box=box)
    return _Judged(PackingVerdict.CHANGED, says, number)


def _next(bench: _AtBench) -> int:
    begun = parcels_of(bench.session, bench.task.id)
    filled = items_of(bench.session, bench.task.id)
    empty = [parcel.parcel for parcel in begun if parcel.parcel not in filled]
    number = empty[0] if empty else max((parcel.parcel for parcel in begun), default=0) + 1
    return begin_parcel(bench.session, bench.task, min(number, MOST_PARCELS)).parcel


def _no_goods(bench: _AtBench, scanned: PackingScanIn) -> _Judged:
    own = (bench.task.order_number, bench.task.shipment)
    tote = read_tote_code(scanned.code)
    try:
        meant = _shipment_meant(bench, scanned.code, tote)
    except BadLink as problem:
        return _Judged(PackingVerdict.REFUSED, problem.says, scanned.parcel)
    if tote and meant is None:
        return _refused(scanned.parcel, "empty-tote-scanned", tote=tote)
    if meant == own:
        return _refused(scanned.parcel, "own-code-scanned")
    if meant:
        codes = {"own": shipment_code(*own), "other": shipment_code(*meant)}
        return _refused(scanned.parcel, "other-code-scanned", **codes)
    return _refused(scanned.parcel, "unknown-code-scanned", scanned=scanned.code)


def _shipment_meant(bench: _AtBench, code: str, tote: str | None) -> ShipmentId | None:
    if tote:
        return shipment_in(bench.session, tote)
    return shipment_scanned(code, this_instant(bench.session))


def _undo(bench: _AtBench, scan: PackingScan) -> _Judged:
    line = bench.lines[scan.sku or ""]
    verdict = count(line, -scan.pieces)
    name = bench.name(line.sku)
    says = said("taken-out", pieces=scan.pieces, name=name, parcel=scan.parcel)
    return _Judged(verdict, says, scan.parcel, line.sku, -scan.pieces, scan.id)


def _refused(parcel: int, code: str, **values: Value) -> _Judged:
    return _Judged(PackingVerdict.REFUSED, said(code, **values), parcel)
