"""The bench: how far a packing is, what was measured, and the answer that it makes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.boxes import Box
from domain.messages import Message
from models.enums import TaskKind
from models.packing import Bench, BenchLine, BenchParcel, MeasuresIn
from models.tables.catalogue import Product
from models.tables.packing import PackingLine, PackingParcel
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.inventory.boxes import boxes, proposed_box
from services.packing.counting import asked_pieces, begin_parcel, items_of, parcels_of
from services.worklist.taking import stay_at
from services.worklist.tasks import find_task

_MEASURES = ("weight_grams", "length_mm", "width_mm", "height_mm")


def bench_of(session: Session, task_id: int) -> Bench:
    """How far a packing task is. Raises `TaskNotOpen`."""
    task = find_task(session, task_id, TaskKind.PACKING)
    shipment = session.get_one(Shipment, (task.order_number, task.shipment))
    known = {box.code: box for box in boxes(session)}
    asked = asked_pieces(task)
    goods = _products(session, asked)
    return Bench(
        task_id=task.id,
        lines=tuple(_lines(session, task, asked, goods)),
        parcels=tuple(_parcels(session, task, known, goods)),
        boxes=tuple(known.values()),
        proposed=proposed_box(session, shipment),
    )


def measure(task_id: int, measured: Sequence[MeasuresIn], actor: Actor) -> None:
    """Keep what was measured of parcels so far, so that nothing is typed twice.

    The sides of a parcel in a box are those of the box, until others are given. Raises
    `TaskNotOpen`, `NotYours`.
    """
    with transaction() as session:
        task = stay_at(session, task_id, actor, TaskKind.PACKING)
        known = {box.code: box for box in boxes(session)}
        for given in measured:
            parcel = begin_parcel(session, task, given.parcel)
            values = given.model_dump(exclude={"parcel"})
            if (box := known.get(given.box or "")) and not any(values[x] for x in _MEASURES[1:]):
                values |= dict(zip(_MEASURES[1:], box.sides, strict=True))
            parcel.sqlmodel_update(values)


def packing_answer(bench: Bench, *, weight_confirmed: bool) -> dict[str, Any]:
    """What the bench has packed, as an answer to its task."""
    parcels = [
        {name: getattr(parcel, name) for name in _MEASURES}
        | {"box": parcel.box.code if parcel.box else None, "items": parcel.items}
        for parcel in bench.filled
    ]
    answer = {"gate": TaskKind.PACKING, "parcels": parcels}
    return answer | ({"weight_confirmed": True} if weight_confirmed else {})


def weights_far_off(bench: Bench) -> list[Message]:
    """The parcels of which the scale says something else than the catalogue, each with its field.

    A parcel in one of the shop's boxes may be heavier by a share only; of any other box nobody
    knows what it weighs.
    """
    return [
        _far_off(place, parcel)
        for place, parcel in enumerate(bench.filled)
        if parcel.weight_grams is not None and _is_far_off(parcel, parcel.weight_grams)
    ]


def _is_far_off(parcel: BenchParcel, grams: int) -> bool:
    share = settings().weight_tolerance
    too_light = grams < parcel.expected_grams * (1 - share)
    return too_light or (parcel.box is not None and grams > parcel.expected_grams * (1 + share))


def _far_off(place: int, parcel: BenchParcel) -> Message:
    values = {
        "number": parcel.number,
        "grams": parcel.weight_grams,
        "expected": parcel.expected_grams,
    }
    return Message(
        "parcel-weighs-something-else",
        "Parcel {number} weighs {grams:,} g, and {expected:,} g are expected: look what is in it"
        " and weigh it again, or confirm that the weight is right.",
        values,
        f"parcels.{place}.weight_grams",
    )


def _lines(
    session: Session, task: StaffTask, asked: Mapping[str, int], goods: Mapping[str, Product]
) -> list[BenchLine]:
    written = session.exec(select(PackingLine).where(PackingLine.task_id == task.id))
    counted = {line.sku: line.counted for line in written}
    return [
        BenchLine(
            sku=sku,
            name=goods[sku].name,
            barcode=goods[sku].barcode,
            asked=pieces,
            counted=counted.get(sku, 0),
        )
        for sku, pieces in asked.items()
    ]


def _parcels(
    session: Session, task: StaffTask, known: Mapping[str, Box], goods: Mapping[str, Product]
) -> list[BenchParcel]:
    items = items_of(session, task.id)
    begun = parcels_of(session, task.id) or [PackingParcel(task_id=task.id, parcel=1)]
    return [_parcel(row, items.get(row.parcel, {}), known, goods) for row in begun]


def _parcel(
    row: PackingParcel,
    items: dict[str, int],
    known: Mapping[str, Box],
    goods: Mapping[str, Product],
) -> BenchParcel:
    box = known.get(row.box or "")
    content = sum(goods[sku].weight_grams * pieces for sku, pieces in items.items())
    return BenchParcel(
        number=row.parcel,
        items=items,
        box=box,
        expected_grams=content + (box.grams if box else 0),
        **row.model_dump(include=set(_MEASURES)),
    )


def _products(session: Session, skus: Collection[str]) -> dict[str, Product]:
    found = session.exec(select(Product).where(col(Product.sku).in_(skus)))
    return {product.sku: product for product in found}
