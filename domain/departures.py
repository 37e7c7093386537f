"""When a shipment leaves: the departures of carriers, every week at the same times."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.shop_days import shop_day
from domain.working_hours import OpenHours

_ONE_DAY = timedelta(days=1)
_LOOK_AHEAD_DAYS = 366


@dataclass(frozen=True)
class Departure:
    """A carrier takes parcels every week on one day (Monday is 0). Those that are packed by the
    cut-off travel with it; a cut-off later than the hand-over is on the day before.
    """

    weekday: int
    hands_over_at: time
    cut_off: time

    def instants(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The cut-off and the hand-over of the departure on a day, in UTC."""
        cut_off_day = day if self.cut_off <= self.hands_over_at else day - _ONE_DAY
        return _instant(cut_off_day, self.cut_off, zone), _instant(day, self.hands_over_at, zone)


@dataclass(frozen=True)
class Timetable:
    """The departures that a warehouse has for a carrier and a service level, and when it works: on
    days on which it does not, none departs.
    """

    departures: Collection[Departure]
    hours: OpenHours

    def reachable(self, day: date, now: datetime, meant_for: datetime | None) -> list[datetime]:
        """When those depart on a day that a shipment can still travel with."""
        if not self.hours.works_on(day):
            return []
        of_day = (
            each.instants(day, self.hours.zone)
            for each in self.departures
            if each.weekday == day.weekday()
        )
        return [
            departs_at
            for cut_off_at, departs_at in of_day
            if cut_off_at >= now or (departs_at == meant_for and departs_at > now)
        ]


def departure_for(
    timetable: Timetable,
    *,
    now: datetime,
    promised_at: datetime,
    meant_for: datetime | None = None,
) -> datetime | None:
    """When a shipment departs: with the last departure that keeps its promise, else with the next.

    One whose cut-off is past is not for it, unless the shipment was `meant_for` it before: it may
    be packed already. None: nothing departs in the year to come.
    """
    today, promised_on = (shop_day(at, timetable.hours.zone) for at in (now, promised_at))
    before = (promised_on - ago * _ONE_DAY for ago in range((promised_on - today).days + 1))
    for day in before:
        there = timetable.reachable(day, now, meant_for)
        if kept := [departs_at for departs_at in there if departs_at <= promised_at]:
            return max(kept)
    for ahead in range(_LOOK_AHEAD_DAYS):
        if there := timetable.reachable(today + ahead * _ONE_DAY, now, meant_for):
            return min(there)
    return None


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
