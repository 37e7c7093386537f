"""Which orders are picked together in one walk, and what that saves."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WALK = timedelta(hours=1)
"""What leaves within so long of the first is as urgent: no departure is missed for it."""


@dataclass(frozen=True)
class Candidate:
    """A picking that nobody has taken: when its shipment leaves, and the bins it leads past."""

    task: int
    leaves_at: datetime
    bins: frozenset[str]
    put_first: bool = False


def propose(candidates: Iterable[Candidate], most: int) -> list[Candidate]:
    """The pickings to fetch together, at most so many, what leaves first at the front.

    That which leaves first is always among them. Of what is as urgent, those are chosen which add
    the fewest bins to the walk; what leaves later only fills the rest.
    """
    ordered = sorted(candidates, key=_urgency)
    chosen: list[Candidate] = []
    for group in _as_urgent(ordered):
        chosen += _nearest(group, _bins_of(chosen), most - len(chosen))
    return sorted(chosen, key=_urgency)


def bins_together(chosen: Iterable[Candidate]) -> int:
    """The bins of one walk for all of them."""
    return len(_bins_of(chosen))


def bins_apart(chosen: Iterable[Candidate]) -> int:
    """The bins of a walk for each of them."""
    return sum(len(one.bins) for one in chosen)


def _urgency(one: Candidate) -> tuple[bool, datetime, int]:
    return not one.put_first, one.leaves_at, one.task


def _as_urgent(ordered: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    group: list[Candidate] = []
    for one in ordered:
        if group and not _is_as_urgent(one, group[0]):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _is_as_urgent(one: Candidate, first: Candidate) -> bool:
    return one.put_first == first.put_first and one.leaves_at <= first.leaves_at + WALK


def _nearest(group: list[Candidate], bins: set[str], most: int) -> list[Candidate]:
    """At first what leaves first, if nothing is chosen yet; then what adds the fewest bins."""
    chosen: list[Candidate] = []
    walk, left = set(bins), list(group)
    while left and len(chosen) < most:
        begins = not walk
        one = left[0] if begins else min(left, key=lambda other: len(other.bins - walk))
        left.remove(one)
        chosen.append(one)
        walk |= one.bins
    return chosen


def _bins_of(chosen: Iterable[Candidate]) -> set[str]:
    return {bin for one in chosen for bin in one.bins}
