"""Changes of stock: deliveries, adjustments, transfers, counts."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

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
    kind: Annotated[Adjustment, PLAIN] = Adjustment.ADJUSTED
    quantity: Change
    reason: Text = Field(max_length=500)
    reference: Key = Field(max_length=150)
    by: Key = Field(max_length=100)
    warehouse: WarehouseCode = None

    @field_validator("quantity")
    @classmethod
    def _sign_fits(cls, value: int, info: ValidationInfo) -> int:
        kind = info.data.get("kind")
        if value == 0:
            raise WrongValue("changes-nothing", given="0")
        if kind == Adjustment.DAMAGED and value > 0:
            raise WrongValue("damaged-with-plus", given=str(value))
        if kind == Adjustment.RETURNED and value < 0:
            raise WrongValue("returned-with-minus", given=str(value))
        return value

    @field_validator("reference")
    @classmethod
    def _is_of_a_slip(cls, value: str) -> str:
        if value.startswith(COUNT_PREFIX):
            raise WrongValue("looks-like-a-count", given=value)
        if value.startswith(ORDER_PREFIX):
            raise WrongValue("looks-like-our-own", given=value)
        return value


class TransferIn(ImportRow):
    """Pieces that go from one warehouse to another."""

    sku: Key = Field(max_length=64)
    quantity: Delivered
    from_warehouse: Key = Field(max_length=WAREHOUSE_CHARACTERS)
    to_warehouse: Key = Field(max_length=WAREHOUSE_CHARACTERS)
    reason: Text = Field(max_length=500)
    reference: Key = Field(max_length=150)
    by: Key = Field(max_length=100)

    @field_validator("to_warehouse")
    @classmethod
    def _is_elsewhere(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("from_warehouse"):
            raise WrongValue("goes-nowhere", given=value)
        return value


class StockCountIn(ImportRow):
    """All pieces of a product that are in a warehouse and not booked out, as somebody counted them.

    Those in totes and parcels of open orders are among them.
    """

    sku: Key = Field(max_length=64)
    counted: Stock
    reference: Key = Field(max_length=150)
    by: Key = Field(max_length=100)
    warehouse: WarehouseCode = None
