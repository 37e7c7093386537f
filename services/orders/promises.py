"""When an order is to leave, and whether it still does."""

from collections.abc import Callable
from datetime import datetime

from adapters.settings import settings
from adapters.settings.shop_clock import in_working_hours
from domain.promises import PromiseState, promise_state
from models.enums import ServiceLevel
from models.tables.orders import SalesOrder

_HOURS: dict[ServiceLevel, Callable[[], float]] = {
    ServiceLevel.STANDARD: lambda: settings().standard_promise_hours,
    ServiceLevel.EXPRESS: lambda: settings().express_promise_hours,
}


def promise(service_level: ServiceLevel, received_at: datetime) -> datetime:
    """When an order of that service level is to leave, once it has come in."""
    return in_working_hours(received_at, _HOURS[service_level]())


class PromiseClock:
    """How orders stand to their promises at one instant."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.enough_until = in_working_hours(self.now, settings().at_risk_hours)

    def state(self, order: SalesOrder) -> PromiseState:
        """Whether the order is on track, at risk or late; or whether it kept its promise."""
        return promise_state(
            order.promised_at,
            now=self.now,
            enough_until=self.enough_until,
            ended_at=order.ended_at,
        )
