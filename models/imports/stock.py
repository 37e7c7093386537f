"""Changes of stock: deliveries, adjustments, transfers, counts."""

from pydantic import Field, model_validator

from models.enums import Adjustment
from models.imports.fields import (
    COUNT_PREFIX,
    ORDER_PREFIX,
    Change,
    Delivered,
    ImportRow,
    Stock,
    Text,
    WarehouseCode,
)
from models.tables.catalogue import WAREHOUSE_CHARACTERS
from models.validation import quoted


class DeliveryIn(ImportRow):
    """So many pieces of a product came in. `reference` names the delivery, `by` who took it."""

    sku: Text = Field(max_length=64)
    quantity: Delivered
    reference: Text = Field(max_length=150)
    by: Text = Field(max_length=100)
    warehouse: WarehouseCode = None


class AdjustmentIn(ImportRow):
    """Pieces that are damaged (less than 0), returned (more), or wrong in the books (either)."""

    sku: Text = Field(max_length=64)
    quantity: Change
    kind: Adjustment = Adjustment.ADJUSTED
    reason: Text = Field(max_length=500)
    reference: Text = Field(max_length=150)
    by: Text = Field(max_length=100)
    warehouse: WarehouseCode = None

    @model_validator(mode="after")
    def _sign_fits(self) -> "AdjustmentIn":
        if self.quantity == 0:
            raise ValueError("quantity '0' changes nothing: leave it out")
        if self.kind == Adjustment.DAMAGED and self.quantity > 0:
            raise ValueError("damaged pieces leave the stock: write the quantity with a minus")
        if self.kind == Adjustment.RETURNED and self.quantity < 0:
            raise ValueError("returned pieces come back: write the quantity without a minus")
        if self.reference.startswith(COUNT_PREFIX):
            raise ValueError(f"reference {quoted(self.reference)} looks like a count: book a count")
        if self.reference.startswith(ORDER_PREFIX):
            raise ValueError(
                f"reference {quoted(self.reference)} looks like Packline's own: give your slip's"
            )
        return self


class TransferIn(ImportRow):
    """Pieces that go from one warehouse to another."""

    sku: Text = Field(max_length=64)
    quantity: Delivered
    from_warehouse: Text = Field(max_length=WAREHOUSE_CHARACTERS)
    to_warehouse: Text = Field(max_length=WAREHOUSE_CHARACTERS)
    reason: Text = Field(max_length=500)
    reference: Text = Field(max_length=150)
    by: Text = Field(max_length=100)

    @model_validator(mode="after")
    def _goes_elsewhere(self) -> "TransferIn":
        if self.from_warehouse == self.to_warehouse:
            raise ValueError(f"to_warehouse {quoted(self.to_warehouse)} is where the pieces are")
        return self


class StockCountIn(ImportRow):
    """All pieces of a product that are in a warehouse and not booked out, as somebody counted them.

    Those in totes and parcels of open orders are among them.
    """

    sku: Text = Field(max_length=64)
    counted: Stock
    reference: Text = Field(max_length=150)
    by: Text = Field(max_length=100)
    warehouse: WarehouseCode = None
