"""Rows with sensible defaults, so that a test names only what it is about."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlmodel import Session

from domain.charges import Charge, LineTerms, charge
from domain.money import from_minor
from models.base import utc_now
from models.enums import LabelState, MovementKind, OrderStatus, PickupState, ServiceLevel
from models.imports.orders import OrderIn
from models.quotes import Quote, QuotedLine
from models.results.orders import StatusChange
from models.tables.catalogue import Product, Warehouse
from models.tables.orders import OrderLine, SalesOrder
from models.tables.shipments import Shipment
from models.tables.shipping import CarrierPickup, ShippingLabel, ShippingRate, ShippingZone
from models.tables.stock import StockLevel
from models.tables.taxes import TaxRate
from services.execution.locks import locked_shipment
from services.inventory.movements import stock_movement
from services.orders.cancellation import cancel
from services.pricing.kept_charges import line_rows, order_row
from services.pricing.quotes import quote_order

_serial = count(1)


def make_tariffs(
    session: Session,
    country: str = "GB",
    currency: str = "GBP",
    *,
    rate: str = "0.2",
    on_shipping: bool = True,
    services: Iterable[ServiceLevel] = tuple(ServiceLevel),
) -> None:
    """A country that is zone 1: 20 % tax, and prices for up to 1, 5 and 30 kg."""
    session.add(ShippingZone(carrier="house", country=country, zone="1"))
    for grams, price in ((1_000, 395), (5_000, 595), (30_000, 1495)):
        for service in services:
            session.add(
                ShippingRate(
                    carrier="house",
                    service_level=service,
                    zone="1",
                    currency=currency,
                    up_to_grams=grams,
                    price_minor=price,
                )
            )
    session.add(TaxRate(country=country, rate=Decimal(rate), on_shipping=on_shipping))
    session.flush()


def make_warehouse(session: Session, code: str, rank: int, **given: Any) -> None:
    """One more, beside MAIN, which is the first."""
    place = {"name": code.title(), "country": "GB", "postal_code": ""} | given
    session.add(Warehouse(code=code, rank=rank, **place))
    session.flush()


def make_product(
    session: Session, sku: str = "MUG", stock: int = 10, bin: str = "A-01-1", **given: Any
) -> Product:
    """A product in a bin of MAIN."""
    product = Product(
        sku=sku,
        **{"name": f"{sku} in blue", "barcode": _barcode(sku), "weight_grams": 300} | given,
    )
    session.add(product)
    session.flush()
    session.add(StockLevel(warehouse="MAIN", sku=sku, bin=bin))
    session.flush()
    if stock:
        receive(session, sku, stock)
    return product


def _barcode(sku: str) -> str:
    """In a shop of tests, each product has its own."""
    return "2000000000015" if sku == "MUG" else f"barcode of {sku}"


def receive(session: Session, sku: str, pieces: int, warehouse: str = "MAIN") -> None:
    """Stock comes in."""
    session.add(
        stock_movement(
            MovementKind.RECEIVED,
            warehouse,
            sku,
            pieces,
            reference=f"delivery {next(_serial)}",
            actor="test",
            reason="",
        )
    )
    session.flush()


_WHERE = ("country", "region", "postal_code", "currency", "prices_include_tax", "service_level")
_AMOUNTS = ("shipping_charged", "fees_charged", "discount", "tax_charged", "total_charged")

Lines = dict[str, int] | Sequence[dict[str, Any]]
"""Pieces by SKU, all at one price; or lines as an order's file has them."""


def make_order(
    session: Session,
    lines: Lines | None = None,
    unit_price_minor: int = 1250,
    **given: Any,
) -> int:
    """A New order for Great Britain, two mugs if nothing else is said; returns its number.

    It is charged as an import would charge it; without tables, no shipping and no tax.
    """
    travelling = {name: given[name] for name in given if name in Shipment.model_fields}
    placed = {name: given[name] for name in given if name in SalesOrder.model_fields}
    handed_in = order_in(lines or {"MUG": 2}, unit_price_minor, **given)
    charge, quote = _charged(session, handed_in)
    promised = {"promised_at": given.get("received_at", utc_now()) + timedelta(days=2)}
    row = order_row(handed_in, charge, quote) | promised | placed
    order = SalesOrder(**_settled(row))
    session.add(order)
    session.flush()
    for line in line_rows(handed_in, charge, quote):
        session.add(OrderLine(order_number=order.number, **line))
    shipment = the_shipment(session, order.number)
    shipment.sqlmodel_update(travelling)
    session.flush()
    return order.number


def _settled(row: dict[str, Any]) -> dict[str, Any]:
    """The row with all that is to be paid charged, as a test may say what that is."""
    return row | {
        "value_minor": row["total_minor"],
        "shipping_charged_minor": row["shipping_minor"],
        "fees_charged_minor": row["fees_minor"],
        "tax_charged_minor": row["tax_minor"],
    }


def order_in(lines: Lines, unit_price_minor: int = 1250, **given: Any) -> OrderIn:
    """The order as a channel would hand it in."""
    currency = given.get("currency", "GBP")
    if isinstance(lines, dict):
        price = str(from_minor(unit_price_minor, currency))
        lines = [
            {"sku": sku, "quantity": pieces, "unit_price": price} for sku, pieces in lines.items()
        ]
    return OrderIn(
        **{
            "channel": "web",
            "external_id": f"W-{next(_serial)}",
            "customer_name": "Ada Byron",
            "email": "ada@example.com",
            "address_line1": "1 Mill Lane",
            "city": "Leeds",
            "postal_code": "LS1 4AP",
            "country": "GB",
            "currency": currency,
            "prices_include_tax": True,
            "lines": list(lines),
        }
        | {name: given[name] for name in (*_WHERE, *_AMOUNTS) if name in given}
    )


def _charged(session: Session, order: OrderIn) -> tuple[Charge, Quote]:
    quote = quote_order(session, order)
    if not any(quote.obstacles()):
        return quote.charge(), quote.copy()
    free = OrderIn(**order.model_dump() | {"shipping_charged": "0", "tax_charged": "0"})
    goods = quote.catalogue
    terms = [LineTerms(goods[line.sku].weight_grams, None) for line in order.lines]
    lines = tuple(QuotedLine(sku=line.sku, **goods[line.sku]._asdict()) for line in order.lines)
    return charge(free.brought, terms, 0), Quote(zone="1", shipping=None, taxes=(), lines=lines)


def the_shipment(session: Session, number: int) -> Shipment:
    """The first shipment of an order, mostly its only one."""
    return session.get_one(Shipment, (number, 1))


def make_shipped(session: Session, shipped_at: datetime, total_minor: int, **given: Any) -> int:
    """An order that came in and was Shipped at that instant: what a summary looks at."""
    serial = next(_serial)
    shipped = {
        "status": OrderStatus.SHIPPED,
        "received_at": shipped_at,
        "collected_at": shipped_at,
        "shipped_at": shipped_at,
        "tracking_number": f"T-{serial}",
        "items_minor": total_minor,
        "shipping_minor": 0,
        "tax_minor": 0,
        "total_minor": total_minor,
    }
    return make_order(session, **(shipped | given))


def make_cancelled(session: Session, number: int, reason: str = "discontinued") -> StatusChange:
    """End an order that is there, as if all of it had come back."""
    shipment = locked_shipment(session, number)
    order = shipment.order
    order.items_minor = order.shipping_minor = order.fees_minor = 0
    order.tax_minor = order.total_minor = 0
    return cancel(session, shipment, reason)


def make_label(session: Session, number: int, parcel: int = 1, **given: Any) -> ShippingLabel:
    """A label that was bought an hour ago, for a parcel of 4 kg."""
    serial = next(_serial)
    label = ShippingLabel(
        **{
            "order_number": number,
            "parcel": parcel,
            "key": f"order:{number}:label:{parcel}",
            "state": LabelState.BOUGHT,
            "carrier": "house",
            "service_level": ServiceLevel.STANDARD,
            "zone": "1",
            "weight_grams": 4000,
            "length_mm": 200,
            "width_mm": 150,
            "height_mm": 100,
            "tracking_number": f"T-{serial}",
            "pdf": b"%PDF",
            "bought_at": utc_now() - timedelta(hours=1),
        }
        | given
    )
    session.add(label)
    session.flush()
    return label


def make_pickup(session: Session, number: int) -> CarrierPickup:
    """A collection that the carrier has booked."""
    pickup = CarrierPickup(
        order_number=number,
        key=f"order:{number}:pickup",
        state=PickupState.BOOKED,
        carrier="house",
        parcels=1,
        weight_grams=4000,
        reference="PU00000001",
    )
    session.add(pickup)
    session.flush()
    return pickup
