"""What a file can hold, and the form of its rows."""

from enum import StrEnum

from models.imports.catalogue import ProductIn, WarehouseIn
from models.imports.fields import ImportRow
from models.imports.orders import OrderIn
from models.imports.reference_data import ShippingRateIn, ShippingZoneIn, StaffIn, TaxRateIn
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
    Kind.DELIVERIES: DeliveryIn,
    Kind.ADJUSTMENTS: AdjustmentIn,
    Kind.STOCK_COUNTS: StockCountIn,
    Kind.TRANSFERS: TransferIn,
}
