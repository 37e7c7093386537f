"""Whether an order still goes out by the time that was promised."""

from datetime import datetime
from enum import StrEnum


class PromiseState(StrEnum):
    """How an order stands to its promise: the last two are of orders that have ended."""

    ON_TRACK = "on track"
    AT_RISK = "at risk"
    LATE = "late"
    KEPT = "kept"
    MISSED = "missed"


def promise_state(
    promised_at: datetime, *, now: datetime, enough_until: datetime, ended_at: datetime | None
) -> PromiseState:
    """How an order stands to the time by which it should leave.

    `ended_at` is when the carrier took it, or when it was cancelled; None while it is open. An open
    order is late once the promised instant has passed. It is at risk when the instant comes before
    `enough_until`: now and the working hours that an order should still have.
    """
    if ended_at is not None:
        return PromiseState.KEPT if ended_at <= promised_at else PromiseState.MISSED
    if promised_at < now:
        return PromiseState.LATE
    return PromiseState.AT_RISK if promised_at < enough_until else PromiseState.ON_TRACK
