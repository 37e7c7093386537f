"""The shop that is measured: the sample shop with plenty of stock, and orders of three lines."""

from itertools import count

from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from deployments.demo.sample import sample_files
from models.enums import Channel, EventKind, ServiceLevel
from models.events import Imported
from models.imports.orders import OrderIn, OrderLineIn
from models.imports.stock import DeliveryIn
from models.tables.catalogue import Product
from models.tables.orders import OrderLine, SalesOrder
from services.access.actors import Actor
from services.execution.events import add_event
from services.execution.ledger import order_key
from services.imports.files import import_file
from services.orders.promises import promise
from services.pricing.kept_charges import line_rows, order_row
from services.pricing.quotes import quote_order
from services.stock_control.stock_changes import book

_PLENTY = 10_000_000
_LINES = 3
_PIECES = 2
_PRICE = "12.50"
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
        serial, now = next(self._serial), this_instant(session)
        given = self._given(serial)
        quote = quote_order(session, given)
        charge, copy = quote.charge(), quote.copy()
        promised = promise(ServiceLevel.STANDARD, now)
        row = order_row(given, charge, copy)
        order = SalesOrder(**row, received_at=now, promised_at=promised)
        session.add(order)
        session.flush()
        lines = line_rows(given, charge, copy)
        session.add_all(OrderLine(order_number=order.number, **line) for line in lines)
        came_in = Imported(order=order.external_id)
        add_event(session, order_key(order.number), EventKind.IMPORTED, came_in, actor=_BENCH)
        return order.number

    def _given(self, serial: int) -> OrderIn:
        return OrderIn(
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
            lines=self._lines(serial),
        )

    def _lines(self, serial: int) -> list[OrderLineIn]:
        """Three products, others for each order: orders do not queue for one product's row."""
        return [
            OrderLineIn(
                sku=self._skus[(serial * _LINES + position) % len(self._skus)],
                quantity=_PIECES,
                unit_price=_PRICE,
            )
            for position in range(1, _LINES + 1)
        ]
