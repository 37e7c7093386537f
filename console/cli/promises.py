"""An order's promise, as people see it."""

from datetime import datetime

from adapters.settings.shop_clock import shop_clock
from domain.promises import PromiseState

_ALL_IS_WELL = (PromiseState.ON_TRACK, PromiseState.KEPT)


def ships_by(promised_at: datetime, promise: PromiseState) -> str:
    """The promised time; with how it stands, where somebody should see that."""
    said = "" if promise in _ALL_IS_WELL else f" {promise}"
    return f"{shop_clock(promised_at)}{said}"
