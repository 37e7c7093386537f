"""The clock on the shop's wall."""

from datetime import datetime

from adapters.settings import settings


def shop_clock(instant: datetime) -> str:
    """An instant as day, month and time in the shop's time zone, such as `23 Nov 16:05`."""
    return f"{instant.astimezone(settings().zone_info):%d %b %H:%M}"
