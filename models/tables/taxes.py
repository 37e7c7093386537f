"""Tax rates by destination and tax class."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlmodel import Field, SQLModel

from models.base import postal_key


class TaxRate(SQLModel, table=True):
    """The rate (0.2 is 20 %) for a tax class at a destination.

    The most exact destination wins: country, region and the longest postal prefix; '' is all the
    rest. `on_shipping` says whether shipping is taxed with the goods.
    """

    __tablename__ = "tax_rate"
    __table_args__ = (
        CheckConstraint("0 <= rate AND rate < 1", name="rate_is_a_share"),
        Index("ix_tax_rate_country_postal_key", "country", "postal_key"),
    )

    country: str = Field(primary_key=True, max_length=2)
    region: str = Field(default="", primary_key=True, max_length=100)
    postal_prefix: str = Field(default="", primary_key=True, max_length=20)
    postal_key: str = postal_key()
    tax_class: str = Field(default="standard", primary_key=True, max_length=32)
    rate: Decimal = Field(sa_type=Numeric(7, 5), nullable=False)
    on_shipping: bool = True
