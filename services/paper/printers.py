"""Printers: known since some machine has offered one, and seen whenever it asks for jobs."""

from sqlmodel import Session, col, func, select

from adapters.database.clock import this_instant
from domain.errors import PacklineError
from domain.texts import as_key
from models.tables.catalogue import Warehouse
from models.tables.printing import PRINTER_CHARACTERS, Printer
from models.validation import is_printable
from services.inventory.warehouses import warehouse_called


class NoSuchPrinter(PacklineError):
    """A printer cannot be used."""

    messages = {
        "unknown-printer": (
            "There is no printer {name!q}: `packline printers` lists them, and `packline printer`"
            " offers another one."
        ),
        "bad-printer-name": (
            "{name!q} cannot be a printer's name: take up to {characters} letters that can be seen."
        ),
    }


def offer_printer(
    session: Session, name: str, *, warehouse: str | None = None, description: str | None = None
) -> Printer:
    """A machine has that printer, from now on: what is not given stays as it was.

    Raises `NoSuchPrinter`, `UnknownWarehouse`.
    """
    key = as_key(name)
    if not key or len(key) > PRINTER_CHARACTERS or not is_printable(key):
        raise NoSuchPrinter("bad-printer-name", name=name, characters=PRINTER_CHARACTERS)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"printer {key}"))))
    printer = session.get(Printer, key) or Printer(name=key)
    if warehouse is not None:
        place: Warehouse = warehouse_called(session, warehouse)
        printer.warehouse = place.code
    if description is not None:
        printer.description = description
    printer.seen_at = this_instant(session)
    session.add(printer)
    session.flush()
    return printer


def printer_called(session: Session, name: str) -> Printer:
    """The printer of that name. Raises `NoSuchPrinter`."""
    printer = session.get(Printer, as_key(name)) if is_printable(name) else None
    if printer is None:
        raise NoSuchPrinter("unknown-printer", name=name)
    return printer


def printers(session: Session) -> list[Printer]:
    """All printers, by name."""
    return list(session.exec(select(Printer).order_by(col(Printer.name))))
