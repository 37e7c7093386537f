"""The shop that is measured: the sample shop with plenty of stock, and orders of three lines."""

from itertools import count

from sqlmodel import Session, col, select

from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from deployments.demo.sample import sample_files
from models.base import utc_now
from models.enums import Channel, EventKind, ServiceLevel
from models.events import Imported
from models.imports.stock import DeliveryIn
from models.tables.catalogue import Product
from models.tables.orders import OrderLine, SalesOrder
from services.access.actors import Actor
from services.execution.events import add_event
from services.execution.ledger import order_key
from services.imports.files import import_file
from services.orders.promises import promise
from services.stock_control.stock_changes import book

_PLENTY = 10_000_000
_LINES = 3
_PIECES = 2
_PRICE_MINOR = 1250
_CHANNEL = "bench"
_BENCH = Actor(name=_CHANNEL, channel=Channel.IMPORT)


class BenchShop:
    """A shop that never runs short."""

    def __init__(self) -> None:
        for file in sample_files():
            if file.stem != "orders":
                import_file(file)
        with transaction() as session:
            self._skus = session.exec(select(Product.sku).order_by(col(Product.sku))).all()
        for sku in self._skus:
            book(DeliveryIn(sku=sku, quantity=_PLENTY, reference="plenty", by=_CHANNEL), _BENCH)
        self._serial = count()

    def hand_in(self, orders: int) -> list[int]:
        """So many New orders at once, as an import brings them; returns their numbers."""
        if not orders:
            return []
        with transaction() as session:
            numbers = [self._order(session) for _ in range(orders)]
            notify(session, ORDERS_CHANNEL)
        return numbers

    def _order(self, session: Session) -> int:
        serial, now = next(self._serial), utc_now()
        order = SalesOrder(
            received_at=now,
            promised_at=promise(ServiceLevel.STANDARD, now),
            channel=_CHANNEL,
            external_id=f"B-{serial:07}",
            customer_name="Ada Byron",
            email=f"ada.{serial}@post.example",
            address_line1="1 Mill Lane",
            city="Leeds",
            postal_code="LS1 4AP",
            country="GB",
            currency="GBP",
            prices_include_tax=True,
        )
        session.add(order)
        session.flush()
        session.add_all(self._lines(order.number, serial))
        came_in = Imported(order=order.external_id)
        add_event(session, order_key(order.number), EventKind.IMPORTED, came_in, actor=_BENCH)
        return order.number

    def _lines(self, number: int, serial: int) -> list[OrderLine]:
        """Three products, others for each order: orders do not queue for one product's row."""
        return [
            OrderLine(
                order_number=number,
                position=position,
                sku=self._skus[(serial * _LINES + position) % len(self._skus)],
                quantity=_PIECES,
                unit_price_minor=_PRICE_MINOR,
            )
            for position in range(1, _LINES + 1)
        ]
