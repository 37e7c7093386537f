"""Alarms, as people see them."""

from rich.text import Text

from adapters.settings.shop_clock import shop_clock
from console.cli.output import screen
from services.alarms.alarms import Alarm

_LISTED = 10


def show_alarms(alarms: list[Alarm]) -> None:
    """Each alarm in some lines, or that there is none."""
    if not alarms:
        screen.print(Text("All is well: no alarm."))
    for alarm in alarms:
        since = f"since {shop_clock(alarm.since)}"
        screen.print(Text(f"ALARM    {alarm.service}, {alarm.kind} {since}", style="bold red"))
        screen.print(Text(f"         {alarm.problem}"))
        screen.print(Text(f"         Orders: {_orders(alarm)}"))
        screen.print(Text(f"         To do: {alarm.to_do}."))


def _orders(alarm: Alarm) -> str:
    if not alarm.orders:
        return "none waits for it yet"
    listed = ", ".join(map(str, alarm.orders[:_LISTED]))
    more = len(alarm.orders) - _LISTED
    return f"{listed} and {more} more" if more > 0 else listed
