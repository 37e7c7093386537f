"""Whether a carrier takes a parcel."""

from sqlmodel import Session

from adapters.carriers.base import HOUSE
from domain.zones import NoShippingRate
from models.results.work import Parcel
from models.tables.orders import SalesOrder
from services.execution.errors import AnswerRefused
from services.pricing.tariffs import cost_of_parcel, zone_of


def check_carrier_takes(session: Session, order: SalesOrder, parcels: tuple[Parcel, ...]) -> None:
    """A parcel that has no price could be labelled, and the order would go no further.

    Raises `AnswerRefused`.
    """
    zone = zone_of(session, carrier=HOUSE, country=order.country, postal_code=order.postal_code)
    for number, parcel in enumerate(parcels, start=1):
        try:
            cost_of_parcel(
                session,
                parcel,
                carrier=HOUSE,
                service_level=order.service_level,
                zone=zone,
                currency=order.currency,
            )
        except NoShippingRate as problem:
            raise AnswerRefused(
                "carrier-does-not-take-parcel",
                field=f"parcels.{number - 1}",
                number=number,
                problem=problem.says,
            ) from problem
