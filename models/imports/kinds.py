"""What a file can hold, and the form of its rows."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from models.imports.catalogue import BarcodeIn, ProductIn, WarehouseIn
from models.imports.fields import ImportRow
from models.imports.orders import OrderIn
from models.imports.reference_data import (
    BoxIn,
    DepartureIn,
    ShippingRateIn,
    ShippingZoneIn,
    StaffIn,
    TaxRateIn,
)
from models.imports.stock import AdjustmentIn, DeliveryIn, StockCountIn, TransferIn


class Kind(StrEnum):
    """What a file can hold: one kind in each file."""

    PRODUCTS = "products"
    ORDERS = "orders"
    TAX_RATES = "tax_rates"
    SHIPPING_ZONES = "shipping_zones"
    SHIPPING_RATES = "shipping_rates"
    STAFF = "staff"
    WAREHOUSES = "warehouses"
    BARCODES = "barcodes"
    BOXES = "boxes"
    DEPARTURES = "departures"
    DELIVERIES = "deliveries"
    ADJUSTMENTS = "adjustments"
    STOCK_COUNTS = "stock_counts"
    TRANSFERS = "transfers"

    def __str__(self) -> str:
        return self.value.replace("_", " ")


FORMS: dict[Kind, type[ImportRow]] = {
    Kind.PRODUCTS: ProductIn,
    Kind.ORDERS: OrderIn,
    Kind.TAX_RATES: TaxRateIn,
    Kind.SHIPPING_ZONES: ShippingZoneIn,
    Kind.SHIPPING_RATES: ShippingRateIn,
    Kind.STAFF: StaffIn,
    Kind.WAREHOUSES: WarehouseIn,
    Kind.BARCODES: BarcodeIn,
    Kind.BOXES: BoxIn,
    Kind.DEPARTURES: DepartureIn,
    Kind.DELIVERIES: DeliveryIn,
    Kind.ADJUSTMENTS: AdjustmentIn,
    Kind.STOCK_COUNTS: StockCountIn,
    Kind.TRANSFERS: TransferIn,
}

_KEYS: Mapping[Kind, tuple[str, ...]] = {
    Kind.PRODUCTS: ("sku", "warehouse"),
    Kind.TAX_RATES: ("country", "region", "postal_prefix", "tax_class"),
    Kind.SHIPPING_ZONES: ("carrier", "country", "postal_prefix"),
    Kind.SHIPPING_RATES: ("carrier", "service_level", "zone", "currency", "up_to_grams"),
    Kind.STAFF: ("name",),
    Kind.WAREHOUSES: ("code",),
    Kind.BARCODES: ("barcode",),
    Kind.BOXES: ("code",),
    Kind.DEPARTURES: ("warehouse", "carrier", "service_level", "weekday", "hands_over_at"),
    Kind.DELIVERIES: ("sku", "warehouse", "reference"),
    Kind.ADJUSTMENTS: ("sku", "warehouse", "kind", "reference"),
    Kind.STOCK_COUNTS: ("sku", "warehouse", "reference"),
    Kind.TRANSFERS: ("sku", "reference"),
}
"""What a row of a file is known by: it may stand there once. Orders have lines, which may be alike.
"""

DECIMALS = frozenset(
    {"unit_price", "line_price", "line_discount", "line_tax", "price", "rate"}
    | {"shipping_charged", "fees_charged", "discount", "tax_charged", "total_charged"}
)
"""The columns of amounts and shares, of all kinds."""


def key_of_row(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a row is known by, whatever else is wrong with it; None where that is."""
    return read_fields(kind, values, _KEYS[kind])


def key_of_record(kind: Kind, record: BaseModel) -> dict[str, Any]:
    """What a row is known by that has been read."""
    return {name: getattr(record, name) for name in _KEYS[kind]}


def read_fields(
    kind: Kind, values: Mapping[str, Any], names: tuple[str, ...]
) -> dict[str, Any] | None:
    """Some fields of a row, as its form reads them; None where something is wrong with these."""
    try:
        read = _part_of_form(kind, names).model_validate(values)
    except ValidationError:
        return None
    return {name: getattr(read, name) for name in names}


@cache
def _part_of_form(kind: Kind, names: tuple[str, ...]) -> type[BaseModel]:
    of_form = FORMS[kind].model_fields
    fields: dict[str, Any] = {
        name: (of_form[name].rebuild_annotation(), of_form[name]) for name in names
    }
    config = ConfigDict(extra="ignore", frozen=True)
    return create_model(f"PartOf{FORMS[kind].__name__}", __config__=config, **fields)
