"""Rows with sensible defaults, so that a test names only what it is about."""

from decimal import Decimal
from itertools import count

from sqlmodel import Session

from models.catalogue import Product, StockMovement
from models.enums import MovementKind, ServiceLevel
from models.orders import OrderLine, SalesOrder
from models.shipping import ShippingRate, ShippingZone
from models.taxes import TaxRate

_serial = count(1)


def make_tariffs(session: Session) -> None:
    """Great Britain in pounds, 20 % tax, up to 30 kg."""
    session.add(ShippingZone(carrier="house", country="GB", zone="1"))
    for grams, price in ((1_000, 395), (5_000, 595), (30_000, 1495)):
        for service in ServiceLevel:
            session.add(
                ShippingRate(
                    carrier="house",
                    service_level=service,
                    zone="1",
                    currency="GBP",
                    up_to_grams=grams,
                    price_minor=price,
                )
            )
    session.add(TaxRate(country="GB", rate=Decimal("0.2")))
    session.flush()


def make_product(session: Session, sku: str = "MUG", stock: int = 10, **given: object) -> Product:
    product = Product(
        sku=sku,
        **{
            "name": f"{sku} in blue",
            "barcode": "2000000000015",
            "bin": "A-01-1",
            "weight_grams": 300,
        }
        | given,
    )
    session.add(product)
    session.flush()
    if stock:
        receive(session, sku, stock)
    return product


def receive(session: Session, sku: str, pieces: int) -> None:
    """Stock comes in."""
    session.add(
        StockMovement(
            sku=sku,
            quantity=pieces,
            kind=MovementKind.RECEIVED,
            reference=f"delivery {next(_serial)}",
            actor="test",
        )
    )
    session.flush()


def make_order(
    session: Session,
    lines: dict[str, int] | None = None,
    unit_price_minor: int = 1250,
    **given: object,
) -> int:
    """A New order for Great Britain, two mugs if nothing else is said; returns its number."""
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
        }
        | given
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
    session.flush()
    return order.number
