"""Changes of stock: deliveries, adjustments, transfers, counts."""

from typing import Annotated

from pydantic import Field, model_validator

from models.enums import Adjustment
from models.imports.fields import (
    COUNT_PREFIX,
    ORDER_PREFIX,
    PLAIN,
    Change,
    Delivered,
    ImportRow,
    Key,
    Stock,
    Text,
    WarehouseCode,
)
from models.imports.problems import WrongValue
from models.tables.catalogue import WAREHOUSE_CHARACTERS


class DeliveryIn(ImportRow):
    """So many pieces of a product came in. `reference` names the delivery, `by` who took it."""

    sku: Key = Field(max_length=64)
    quantity: Delivered
    reference: Key = Field(max_length=150)
    by: Key = Field(max_length=100)
    warehouse: WarehouseCode = None


class AdjustmentIn(ImportRow):
    """Pieces that are damaged (less than 0), returned (more), or wrong in the books (either)."""

    sku: Key = Field(max_length=64)
    quantity: Change
    kind: Annotated[Adjustment, PLAIN] = Adjustment.ADJUSTED
    reason: Text = Field(max_length=500)
    reference: Key = Field(max_length=150)
    by: Key = Field(max_length=100)
    warehouse: WarehouseCode = None

    @model_validator(mode="after")
    def _sign_fits(self) -> "AdjustmentIn":
        if self.quantity == 0:
            raise WrongValue("changes-nothing", field="quantity", given="0")
        if self.kind == Adjustment.DAMAGED and self.quantity > 0:
            raise WrongValue("damaged-with-plus")
        if self.kind == Adjustment.RETURNED and self.quantity < 0:
            raise WrongValue("returned-with-minus")
        if self.reference.startswith(COUNT_PREFIX):
            raise WrongValue("looks-like-a-count", field="reference", given=self.reference)
        if self.reference.startswith(ORDER_PREFIX):
            raise WrongValue("looks-like-our-own", field="reference", given=self.reference)
        return self


class TransferIn(ImportRow):
    """Pieces that go from one warehouse to another."""

    sku: Key = Field(max_length=64)
    quantity: Delivered
    from_warehouse: Key = Field(max_length=WAREHOUSE_CHARACTERS)
    to_warehouse: Key = Field(max_length=WAREHOUSE_CHARACTERS)
    reason: Text = Field(max_length=500)
    reference: Key = Field(max_length=150)
    by: Key = Field(max_length=100)

    @model_validator(mode="after")
    def _goes_elsewhere(self) -> "TransferIn":
        if self.from_warehouse == self.to_warehouse:
            raise WrongValue("goes-nowhere", field="to_warehouse", given=self.to_warehouse)
        return self


class StockCountIn(ImportRow):
    """All pieces of a product that are in a warehouse and not booked out, as somebody counted them.

    Those in totes and parcels of open orders are among them.
    """

    sku: Key = Field(max_length=64)
    counted: Stock
    reference: Key = Field(max_length=150)
    by: Key = Field(max_length=100)
    warehouse: WarehouseCode = None
