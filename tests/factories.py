"""Rows with sensible defaults, so that a test names only what it is about."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlmodel import Session

from models.base import utc_now
from models.enums import LabelState, MovementKind, OrderStatus, PickupState, ServiceLevel
from models.tables.catalogue import Product, Warehouse
from models.tables.orders import OrderLine, SalesOrder
from models.tables.shipments import Shipment
from models.tables.shipping import CarrierPickup, ShippingLabel, ShippingRate, ShippingZone
from models.tables.stock import StockLevel
from models.tables.taxes import TaxRate
from services.inventory.movements import stock_movement

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
        **{"name": f"{sku} in blue", "barcode": "2000000000015", "weight_grams": 300} | given,
    )
    session.add(product)
    session.flush()
    session.add(StockLevel(warehouse="MAIN", sku=sku, bin=bin))
    session.flush()
    if stock:
        receive(session, sku, stock)
    return product


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


def make_order(
    session: Session,
    lines: dict[str, int] | None = None,
    unit_price_minor: int = 1250,
    **given: Any,
) -> int:
    """A New order for Great Britain, two mugs if nothing else is said; returns its number."""
    travelling = {name: given[name] for name in given if name in Shipment.model_fields}
    placed = {name: given[name] for name in given if name in SalesOrder.model_fields}
    order = SalesOrder(
        **{
            "channel": "web",
            "external_id": f"W-{next(_serial)}",
            "customer_name": "Ada Byron",
            "email": "ada@example.com",
            "address_line1": "1 Mill Lane",
            "city": "Leeds",
            "postal_code": "LS1 4AP",
            "country": "GB",
            "currency": "GBP",
            "prices_include_tax": True,
            "promised_at": given.get("received_at", utc_now()) + timedelta(days=2),
            "value_minor": given.get("total_minor"),
        }
        | placed
    )
    session.add(order)
    session.flush()
    for position, (sku, quantity) in enumerate((lines or {"MUG": 2}).items(), start=1):
        session.add(
            OrderLine(
                order_number=order.number,
                position=position,
                sku=sku,
                quantity=quantity,
                unit_price_minor=unit_price_minor,
            )
        )
    shipment = the_shipment(session, order.number)
    shipment.sqlmodel_update(travelling)
    session.flush()
    return order.number


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
