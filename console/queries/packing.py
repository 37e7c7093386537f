"""What the packer's pages show beside the bench: the last scan, and what became of the papers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from console.queries.printing import PrintJobRow, last_print
from domain.allocation import ShipmentId
from domain.errors import PacklineError
from domain.messages import Message, said
from domain.shipment_codes import read_shipment_code
from domain.texts import as_key
from domain.totes import read_tote_code
from models.enums import JobState, LabelState, OrderStatus, TaskKind, TaskState
from models.packing import Scanned
from models.results.work import Packed
from models.tables.orders import SalesOrder
from models.tables.packing import PackingScan
from models.tables.shipments import Shipment, rows_of, shipment_name
from models.tables.shipping import ShippingLabel
from models.tables.staff import StaffTask
from services.access.shipment_links import shipment_scanned
from services.alarms.alarms import open_alarms
from services.execution.locks import find_shipment
from services.paper.print_jobs import label_of, slip_of
from services.worklist.tasks import find_task
from services.worklist.totes import shipment_in


class NotToBePacked(PacklineError):
    """A code that was scanned at the bench leads to nothing that is packed now."""

    messages = {
        "no-such-shipment": "{code!q} is the code of no order: scan the slip, or type its number.",
        "tote-is-empty": "Tote {code} holds no order: scan the slip, or type the order's number.",
        "not-picked-yet": "Lay {name} aside: it is not picked yet.",
        "packed-before": "Lay {name} with the parcels: {by} has packed it.",
        "order-was-cancelled": "Do not pack {name}: it was cancelled, and its goods are restocked.",
        "order-on-hold": "Lay {name} aside: it is on hold.",
    }


@dataclass(frozen=True, kw_only=True)
class PaperLabel:
    """The label of a parcel, and its last print job."""

    parcel: int
    tracking_number: str | None
    document: str
    job: PrintJobRow | None


@dataclass(frozen=True, kw_only=True)
class PaperSlip:
    """A packing slip, and its last print job."""

    document: str
    job: PrintJobRow | None


@dataclass(frozen=True, kw_only=True)
class Papers:
    """What is to be printed for a shipment that was packed. `problems`: why its labels do not come;
    `cancelled`: they never will.
    """

    task: StaffTask
    shipment: Shipment
    parcels: int
    slip: PaperSlip
    labels: Sequence[PaperLabel]
    problems: tuple[Message, ...]
    cancelled: bool

    @property
    def complete(self) -> bool:
        """Every parcel has its label."""
        return len(self.labels) >= self.parcels > 0

    @property
    def waiting(self) -> bool:
        """Something is still to come."""
        return not self.complete and not self.cancelled

    @property
    def printing(self) -> bool:
        """Some machine is to say yet what becomes of a paper."""
        jobs = [self.slip.job, *(label.job for label in self.labels)]
        return any(job and job.state in (JobState.WANTED, JobState.TAKEN) for job in jobs)


def last_scan(session: Session, task_id: int) -> Scanned | None:
    """What was said of the last scan of a packing."""
    of_task = select(PackingScan).where(PackingScan.task_id == task_id)
    scan = session.exec(of_task.order_by(col(PackingScan.id).desc()).limit(1)).first()
    if scan is None:
        return None
    return Scanned(verdict=scan.verdict, says=Message.from_data(scan.said), parcel=scan.parcel)


def task_to_pack(session: Session, code: str) -> StaffTask:
    """The open packing task of the shipment whose code was scanned, or whose order was typed.

    Raises `NotToBePacked`.
    """
    which = _shipment_meant(session, code)
    shipment = find_shipment(session, *which) if which else None
    if shipment is None:
        raise NotToBePacked("no-such-shipment", code=code)
    of_kind = select(StaffTask).where(
        *rows_of(StaffTask, shipment), StaffTask.kind == TaskKind.PACKING
    )
    task = session.exec(of_kind.order_by(col(StaffTask.round).desc())).first()
    if task is not None and task.state == TaskState.OPEN:
        return task
    raise _why_not(shipment, task)


def papers_of(session: Session, task_id: int) -> Papers:
    """What is there to be printed since a packing task was done. Raises `TaskNotOpen`."""
    task = find_task(session, task_id)
    shipment = session.get_one(Shipment, (task.order_number, task.shipment))
    packed = Packed.model_validate(task.answer) if task.state == TaskState.DONE else None
    going = shipment.order.cancel_requested_at is not None
    return Papers(
        task=task,
        shipment=shipment,
        parcels=len(packed.parcels) if packed else 0,
        slip=_slip(session, shipment),
        labels=_labels(session, shipment),
        problems=_problems(session, shipment),
        cancelled=going or shipment.status == OrderStatus.CANCELLED,
    )


def _shipment_meant(session: Session, code: str) -> ShipmentId | None:
    now = this_instant(session)
    if which := shipment_scanned(code, now) or read_shipment_code(code):
        return which
    if tote := read_tote_code(code):
        return _shipment_in(session, tote)
    key = as_key(code)
    if not key.isprintable():
        return None
    known = select(SalesOrder.number).where(SalesOrder.external_id == key).limit(1)
    number = session.exec(known).first()
    return (number, 1) if number else None


def _shipment_in(session: Session, tote: str) -> ShipmentId:
    if which := shipment_in(session, tote):
        return which
    raise NotToBePacked("tote-is-empty", code=tote)


def _why_not(shipment: Shipment, task: StaffTask | None) -> NotToBePacked:
    name = shipment_name(shipment.order_number, shipment.number)
    order = shipment.order
    if shipment.status == OrderStatus.CANCELLED or order.cancel_requested_at:
        return NotToBePacked("order-was-cancelled", name=name)
    if order.on_hold_since:
        return NotToBePacked("order-on-hold", name=name)
    if task is not None and task.state == TaskState.DONE and not task_asks_again(task):
        return NotToBePacked("packed-before", name=name, by=task.answered_by, task=task.id)
    return NotToBePacked("not-picked-yet", name=name)


def task_asks_again(task: StaffTask) -> bool:
    """Whether a packing task that is done has packed nothing: something was lacking."""
    return not Packed.model_validate(task.answer or {"packed_by": ""}).complete


def _slip(session: Session, shipment: Shipment) -> PaperSlip:
    document = slip_of((shipment.order_number, shipment.number))
    return PaperSlip(document=document, job=last_print(session, document))


def _labels(session: Session, shipment: Shipment) -> list[PaperLabel]:
    if shipment.address_changed:  # they name another place, and are being replaced
        return []
    bought = select(ShippingLabel).where(
        *rows_of(ShippingLabel, shipment), ShippingLabel.state == LabelState.BOUGHT
    )
    return [
        PaperLabel(
            parcel=label.parcel,
            tracking_number=label.tracking_number,
            document=label_of(label),
            job=last_print(session, label_of(label)),
        )
        for label in session.exec(bought.order_by(col(ShippingLabel.parcel)))
    ]


def _problems(session: Session, shipment: Shipment) -> tuple[Message, ...]:
    """Why its run stands still, as the alarms say it."""
    found = [Message.from_data(shipment.problem)] if shipment.problem else []
    for alarm in open_alarms(session) if shipment.awaits else ():
        if alarm.service == shipment.awaits:
            found += [said(alarm.problem), said(alarm.to_do)]
    return tuple(found)
