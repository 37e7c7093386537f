"""From which warehouses an order is sent, by strategies that have names.

Pieces are counted by SKU. Warehouses come in the order of their rank, in which they are tried.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, takewhile

from domain.allocation import Shortage, Wanted, Which, in_sum, shortages
from domain.places import comparable

_SAME_COUNTRY = 100
_OTHER_COUNTRY = 1000


class Strategy(StrEnum):
    """How warehouses are chosen. Where one must have everything, only the order differs.

    `single-warehouse-first`: the first that has everything; several only where none has, each line
    from the first that has all of it. `fewest-parcels`: as few warehouses as it takes.
    `nearest-zone`: each line from the nearest that has all of it, so that parcels go short ways.
    """

    SINGLE_WAREHOUSE_FIRST = "single-warehouse-first"
    FEWEST_PARCELS = "fewest-parcels"
    NEAREST_ZONE = "nearest-zone"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a warehouse stands, or where an order goes."""

    country: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Source:
    """A warehouse, the pieces that are free there by SKU, and its distance to the destination."""

    warehouse: str
    available: Mapping[str, int]
    distance: int = 0


@dataclass(frozen=True, slots=True)
class Allotment:
    """So many pieces of a product that one warehouse gives."""

    warehouse: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Which warehouse gives what: all that is wanted, or nothing and what is missing.

    `reasons` has a sentence for each warehouse, in rank order.
    """

    allotments: tuple[Allotment, ...] = ()
    missing: tuple[Shortage, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def warehouses(self) -> tuple[str, ...]:
        """Those that give something, each once."""
        return tuple(dict.fromkeys(part.warehouse for part in self.allotments))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A shipment that waits for stock, with all that it wants.

    `held_at` is the warehouse that holds its other pieces: the rest can come from there alone.
    """

    which: Which
    wanted: tuple[Wanted, ...]
    held_at: str | None = None


def distance(origin: Place, destination: Place) -> int:
    """How far it is, to compare warehouses by: less is nearer, and the unit means nothing.

    Another country is farther than the same one, and within it, the more of their first letters
    and digits the postal codes share, the nearer.
    """
    if origin.country.casefold() != destination.country.casefold():
        return _OTHER_COUNTRY
    pairs = zip(*(comparable(end.postal_code) for end in (origin, destination)), strict=False)
    return _SAME_COUNTRY - len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def allocate(
    wanted: Iterable[Wanted],
    sources: Sequence[Source],
    *,
    strategy: Strategy,
    may_split: bool = False,
    claimed: Mapping[str, int] | None = None,
) -> Plan:
    """Choose the warehouses that give what is wanted, everything or nothing.

    Without `may_split` one warehouse gives it all. `claimed` are the pieces by SKU that others come
    first for. They have no warehouse yet; so many are kept where the most lie, so that one of them
    can be filled from one place.

    What is missing is what all warehouses together lack; without `may_split`, what that one lacks
    that lacks the fewest pieces.
    """
    lines = in_sum(wanted)
    offers = _offers(lines, sources, claimed or {})
    short = shortages(lines, _together(lines, offers))
    chosen = [] if short else _chosen(lines, offers, strategy, may_split=may_split)
    if lines and not chosen and not may_split:
        short = _fewest_lacking(lines, offers) or short
    given = _share_out(lines, chosen)
    reasons = (_reason(lines, offer, offers, given, strategy) for offer in offers)
    return Plan(given, tuple(short), tuple(reasons))


def fillable(
    waiting: Iterable[Waiting],
    sources: Sequence[Source],
    *,
    in_turn: bool,
    may_split: bool = False,
) -> list[Which]:
    """The shipments that can be filled now, those first that stand first in `waiting`.

    A shipment is filled whole, and from one warehouse unless it may be split. With `in_turn`, one
    that cannot be filled yet keeps all that it wants from those behind it, so that none waits for
    ever.
    """
    left = {source.warehouse: Counter(source.available) for source in sources}
    claimed: Counter[str] = Counter()
    filled = []
    for shipment in waiting:
        at = shipment.held_at
        offers = [Source(place, pieces) for place, pieces in left.items() if at in (None, place)]
        plan = allocate(
            shipment.wanted,
            offers,
            strategy=_ANY,
            may_split=may_split and at is None,
            claimed=claimed,
        )
        for part in plan.allotments:
            left[part.warehouse][part.sku] -= part.quantity
        if not plan.missing:
            filled.append(shipment.which)
        elif in_turn:
            claimed.update({item.sku: item.quantity for item in in_sum(shipment.wanted)})
    return filled


_ANY = Strategy.SINGLE_WAREHOUSE_FIRST


def _together(lines: Iterable[Wanted], sources: Iterable[Source]) -> dict[str, int]:
    return {
        line.sku: sum(source.available.get(line.sku, 0) for source in sources) for line in lines
    }


def _offers(
    lines: list[Wanted], sources: Sequence[Source], claimed: Mapping[str, int]
) -> list[Source]:
    """The warehouses, each with what it may give of the products that are wanted."""
    kept = {line.sku: _kept(line.sku, claimed.get(line.sku, 0), sources) for line in lines}
    return [
        Source(
            source.warehouse,
            {sku: source.available.get(sku, 0) - kept[sku][source.warehouse] for sku in kept},
            source.distance,
        )
        for source in sources
    ]


def _kept(sku: str, pieces: int, sources: Sequence[Source]) -> dict[str, int]:
    """How many of the pieces that are claimed each warehouse keeps: first where the most lie."""
    kept = {}
    for source in sorted(sources, key=lambda source: -source.available.get(sku, 0)):
        kept[source.warehouse] = min(pieces, source.available.get(sku, 0))
        pieces -= kept[source.warehouse]
    return kept


def _chosen(
    lines: list[Wanted], offers: list[Source], strategy: Strategy, *, may_split: bool
) -> list[Source]:
    """The warehouses to take from, in the order in which they are tried; all together suffice."""
    if strategy == Strategy.NEAREST_ZONE:
        offers = sorted(offers, key=lambda offer: offer.distance)  # of equals, the first in rank
    single = [offer for offer in offers if not shortages(lines, offer.available)][:1]
    if not may_split:
        return single
    if strategy == Strategy.FEWEST_PARCELS:
        return _fewest(lines, offers)
    return offers if strategy == Strategy.NEAREST_ZONE else single or offers


def _fewest(lines: list[Wanted], offers: list[Source]) -> list[Source]:
    """As few as it takes, of as many those first in rank. All sets are tried, small ones first."""
    useful = [offer for offer in offers if any(offer.available.values())]
    for size in range(1, len(useful) + 1):
        for several in combinations(useful, size):
            if not shortages(lines, _together(lines, several)):
                return list(several)
    return []


def _share_out(lines: list[Wanted], chosen: list[Source]) -> tuple[Allotment, ...]:
    """Each line from the first that has all of it, or else in parts, as each has some."""
    return tuple(part for line in lines if chosen for part in _give(line, chosen))


def _give(line: Wanted, chosen: list[Source]) -> list[Allotment]:
    for source in chosen:
        if source.available.get(line.sku, 0) >= line.quantity:
            return [Allotment(source.warehouse, line.sku, line.quantity)]
    parts, lacking = [], line.quantity
    for source in chosen:
        if pieces := min(lacking, source.available.get(line.sku, 0)):
            parts.append(Allotment(source.warehouse, line.sku, pieces))
            lacking -= pieces
    return parts


def _fewest_lacking(lines: list[Wanted], offers: list[Source]) -> list[Shortage]:
    """What the warehouse lacks that lacks the fewest pieces; of equals, the first."""
    each = [shortages(lines, offer.available) for offer in offers]
    return min(each, key=lambda short: sum(s.wanted - s.available for s in short), default=[])


def _reason(
    lines: list[Wanted],
    offer: Source,
    offers: list[Source],
    given: tuple[Allotment, ...],
    strategy: Strategy,
) -> str:
    """The sentence about a warehouse: why it gives something, or why not."""
    givers = {part.warehouse for part in given}
    own = [part for part in given if part.warehouse == offer.warehouse]
    short = shortages(lines, offer.available)
    if own and len(givers) > 1:
        why = "gives " + ", ".join(f"{part.quantity} of {part.sku}" for part in own)
    elif own:
        first = "nearest" if strategy == Strategy.NEAREST_ZONE else "first"
        why = f"the {first} that has everything"
    elif short:
        why = "lacks " + ", ".join(f"{s.wanted - s.available} of {s.sku}" for s in short)
    else:
        why = f"has everything too, and {_why_after(offer, offers, givers, strategy)}"
    return f"{offer.warehouse}: {why}"


def _why_after(offer: Source, offers: list[Source], givers: set[str], strategy: Strategy) -> str:
    """Why a warehouse that has everything gives nothing."""
    before = [other for other in offers if other.warehouse in givers]
    names = " and ".join(other.warehouse for other in before)
    farther = any(other.distance < offer.distance for other in before)
    if strategy == Strategy.NEAREST_ZONE and farther:
        return f"is farther than {names}"
    return f"comes after {names}" if names else "is not needed"
