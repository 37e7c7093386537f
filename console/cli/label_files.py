"""Labels as files, to be printed."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel
from sqlmodel import Session, col, select

from domain.errors import PacklineError
from models.enums import LabelState
from models.tables.shipments import Shipment
from models.tables.shipping import ShippingLabel
from services.execution.errors import UnknownOrder
from services.execution.locks import find_shipment


class NoLabels(PacklineError):
    """Nothing of the order is labelled."""

    message = (
        "Order {number} has no labels, or they are being replaced: they come once it is packed"
        " (`packline order {number}` says how far it is)."
    )

    def __init__(self, number: int) -> None:
        super().__init__(number=number)


class CannotWrite(PacklineError):
    """The folder takes no files."""

    message = "Labels cannot be written to {folder} ({problem}): give another folder with `--to`."

    def __init__(self, folder: Path, problem: OSError) -> None:
        super().__init__(folder=str(folder), problem=problem.strerror)


class LabelFile(BaseModel):
    """The label of one parcel, in a PDF file of 4 by 6 inches."""

    shipment: int
    parcel: int
    tracking_number: str
    file: Path


def write_labels(session: Session, number: int, folder: Path) -> list[LabelFile]:
    """Write the labels of an order's parcels into a folder, named after their tracking numbers.

    Those with an address that has changed are left out, voided or not yet.

    Raises `UnknownOrder`, `NoLabels`, `CannotWrite`.
    """
    if find_shipment(session, number) is None:
        raise UnknownOrder(number)
    labels = _valid_labels(session, number)
    if not labels:
        raise NoLabels(number)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(label, folder) for label in labels]
    except OSError as problem:
        raise CannotWrite(folder, problem) from problem


def _valid_labels(session: Session, number: int) -> Sequence[ShippingLabel]:
    of_order = (
        select(ShippingLabel)
        .join(Shipment)
        .where(
            ShippingLabel.order_number == number,
            ShippingLabel.state == LabelState.BOUGHT,
            col(Shipment.address_changed).is_(False),
        )
    )
    in_order = of_order.order_by(col(ShippingLabel.shipment), col(ShippingLabel.parcel))
    return session.exec(in_order).all()


def _write(label: ShippingLabel, folder: Path) -> LabelFile:
    file = folder / f"{label.tracking_number}.pdf"
    file.write_bytes(label.pdf or b"")
    return LabelFile(
        shipment=label.shipment,
        parcel=label.parcel,
        tracking_number=label.tracking_number or "",
        file=file,
    )
