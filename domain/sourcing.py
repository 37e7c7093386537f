"""From which warehouses an order is sent, by strategies that have names.

Pieces are counted by SKU. Warehouses come in the order of their rank, in which they are tried.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations, takewhile

from domain.allocation import ShipmentId, Shortage, Wanted, in_sum, shortages
from domain.messages import Message, Value
from domain.places import comparable
from domain.reasons import pieces_by_sku

_NEAREST = -1
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

    `reasons` has a message for each warehouse, in the order in which they were tried.
    """

    allotments: tuple[Allotment, ...] = ()
    missing: tuple[Shortage, ...] = ()
    reasons: tuple[Message, ...] = ()

    @property
    def warehouses(self) -> tuple[str, ...]:
        """Those that give something, each once."""
        return tuple(dict.fromkeys(part.warehouse for part in self.allotments))

    @property
    def pieces(self) -> dict[str, int]:
        """What is given, by SKU."""
        given = in_sum(Wanted(part.sku, part.quantity) for part in self.allotments)
        return {item.sku: item.quantity for item in given}

    def part_of(self, warehouse: str) -> "Plan":
        """What one of them gives, and why."""
        own = tuple(part for part in self.allotments if part.warehouse == warehouse)
        return Plan(own, reasons=self.reasons)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A shipment that wants stock, with all that it wants.

    `allocated_warehouse` is where its other pieces are allocated: the rest can come from there
    alone, or from there first where it `may_split`. `distances` says how far each warehouse is from
    where the shipment goes; one that is not named is near.
    """

    which: ShipmentId
    wanted: tuple[Wanted, ...]
    allocated_warehouse: str | None = None
    may_split: bool = False
    distances: Mapping[str, int] = field(default_factory=dict)


Left = Mapping[str, Counter[str]]
"""Pieces by SKU that are left in each warehouse, in rank order."""


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
) -> Plan:
    """Choose the warehouses that give what is wanted, everything or nothing.

    Without `may_split` one warehouse gives it all.

    What is missing is what all warehouses together lack; without `may_split`, what that one lacks
    that lacks the fewest pieces.
    """
    lines = in_sum(wanted)
    given = _given(lines, sources, strategy, may_split=may_split)
    short = [] if given else shortages(lines, _together(lines, sources))
    if lines and not given and not may_split:
        short = _fewest_lacking(lines, sources) or short
    reasons = (_reason(lines, offer, sources, given, strategy) for offer in sources)
    return Plan(given, tuple(short), tuple(reasons))


def plan_for(
    shipment: Waiting, before: Iterable[Waiting], sources: Sequence[Source], *, strategy: Strategy
) -> Plan:
    """From where a shipment is sent, once those that come `before` it have what they wait for.

    They are served in their order. One that can be filled gets its pieces from the warehouses that
    will give them; one that cannot keeps what there is of them. So it makes no difference to a
    shipment whether those before it have got theirs already, or those behind it.
    """
    left = counted(sources)
    for other in before:
        serve(other, left, strategy)
    offers = _offers(shipment, left)
    return allocate(shipment.wanted, offers, strategy=strategy, may_split=shipment.may_split)


def fillable(
    waiting: Iterable[Waiting], left: Left, *, strategy: Strategy, in_turn: bool
) -> dict[ShipmentId, tuple[Allotment, ...]]:
    """The shipments that can be filled now with what each gets, those first that stand first in
    `waiting`. `left` is counted down, so that `waiting` can stop once nothing is left.

    A shipment is filled whole. With `in_turn`, one that cannot be filled yet keeps from those
    behind it what there is of its pieces, so that none waits for ever: then each has a plan
    without anything missing (`plan_for`) that is named, and only those.
    """
    served = ((one.which, serve(one, left, strategy, in_turn=in_turn)) for one in waiting)
    return {which: given for which, given in served if given}


def serve(
    shipment: Waiting, left: Left, strategy: Strategy, *, in_turn: bool = True
) -> tuple[Allotment, ...]:
    """All that the shipment wants, or nothing. What it gets, or with `in_turn` what it keeps from
    those behind it, is taken from `left`.
    """
    given = _fill(shipment, left, strategy)
    _take(left, given or (_retained(shipment, left) if in_turn else ()))
    return given


def blocking_predecessors(before: Sequence[Waiting], skus: Iterable[str]) -> list[Waiting]:
    """Those of them that may change what is left of the products, in the same order: they want
    some of these, or come before one that does and want some of what that one wants.
    """
    contested, found = set(skus), []
    for shipment in reversed(before):
        own = {item.sku for item in shipment.wanted}
        if own & contested:
            contested |= own
            found.append(shipment)
    return found[::-1]


def counted(sources: Iterable[Source]) -> Left:
    """The pieces of these sources, to be counted down."""
    return {source.warehouse: Counter(source.available) for source in sources}


def skus_left(left: Left) -> set[str]:
    """The products of which something is left somewhere."""
    return {sku for pieces in left.values() for sku in +pieces}


def _take(left: Left, parts: Iterable[Allotment]) -> None:
    for part in parts:
        left[part.warehouse][part.sku] -= part.quantity


def _offers(shipment: Waiting, left: Left) -> list[Source]:
    """The warehouses that may give the shipment something; that of its other pieces is tried first,
    as if it were the nearest.
    """
    here = [Source(at, left[at], _NEAREST) for at in left if at == shipment.allocated_warehouse]
    if here and not shipment.may_split:
        return here
    far = shipment.distances
    others = (at for at in left if at != shipment.allocated_warehouse)
    return here + [Source(at, left[at], far.get(at, 0)) for at in others]


def _fill(shipment: Waiting, left: Left, strategy: Strategy) -> tuple[Allotment, ...]:
    """All that the shipment wants, or nothing."""
    lines, offers = in_sum(shipment.wanted), _offers(shipment, left)
    return _given(lines, offers, strategy, may_split=shipment.may_split)


def _retained(shipment: Waiting, left: Left) -> tuple[Allotment, ...]:
    """What there is of the pieces of a shipment that cannot be filled yet: in the warehouse that
    lacks the fewest of them, for there it can be filled first, and of the rest in the others.
    """
    lines, offers = in_sum(shipment.wanted), _offers(shipment, left)
    best = min(offers, key=lambda offer: _pieces_lacking(lines, offer), default=None)
    offers.sort(key=lambda offer: offer is not best)  # the others stay in rank order
    return tuple(part for line in lines for part in _in_parts(line, offers))


def _given(
    lines: list[Wanted], sources: Sequence[Source], strategy: Strategy, *, may_split: bool
) -> tuple[Allotment, ...]:
    """All that is wanted, or nothing."""
    if shortages(lines, _together(lines, sources)):
        return ()
    return _share_out(lines, _chosen(lines, sources, strategy, may_split=may_split))


def _together(lines: Iterable[Wanted], sources: Iterable[Source]) -> dict[str, int]:
    return {
        line.sku: sum(source.available.get(line.sku, 0) for source in sources) for line in lines
    }


def _chosen(
    lines: list[Wanted], offers: Sequence[Source], strategy: Strategy, *, may_split: bool
) -> Sequence[Source]:
    """The warehouses to take from, in the order in which they are tried; all together suffice."""
    if strategy == Strategy.NEAREST_ZONE:
        offers = sorted(offers, key=lambda offer: offer.distance)  # of equals, the first in rank
    single = [offer for offer in offers if not shortages(lines, offer.available)][:1]
    if not may_split:
        return single
    if strategy == Strategy.FEWEST_PARCELS:
        return _fewest(lines, offers)
    return offers if strategy == Strategy.NEAREST_ZONE else single or offers


def _fewest(lines: list[Wanted], offers: Sequence[Source]) -> list[Source]:
    """As few as it takes, of as many those first in rank. All sets are tried, small ones first."""
    useful = [offer for offer in offers if any(offer.available.get(line.sku, 0) for line in lines)]
    for size in range(1, len(useful) + 1):
        for several in combinations(useful, size):
            if not shortages(lines, _together(lines, several)):
                return list(several)
    return []


def _share_out(lines: list[Wanted], chosen: Sequence[Source]) -> tuple[Allotment, ...]:
    """Each line from the first that has all of it, or else in parts, as each has some."""
    return tuple(part for line in lines if chosen for part in _give(line, chosen))


def _give(line: Wanted, chosen: Sequence[Source]) -> list[Allotment]:
    for source in chosen:
        if source.available.get(line.sku, 0) >= line.quantity:
            return [Allotment(source.warehouse, line.sku, line.quantity)]
    return _in_parts(line, chosen)


def _in_parts(line: Wanted, chosen: Sequence[Source]) -> list[Allotment]:
    """As many of a line's pieces as there are, those of the first first."""
    parts, lacking = [], line.quantity
    for source in chosen:
        if pieces := min(lacking, source.available.get(line.sku, 0)):
            parts.append(Allotment(source.warehouse, line.sku, pieces))
            lacking -= pieces
    return parts


def _fewest_lacking(lines: list[Wanted], offers: Sequence[Source]) -> list[Shortage]:
    """What the warehouse lacks that lacks the fewest pieces; of equals, the first."""
    best = min(offers, key=lambda offer: _pieces_lacking(lines, offer), default=None)
    return shortages(lines, best.available) if best else []


def _pieces_lacking(lines: list[Wanted], offer: Source) -> int:
    return sum(short.wanted - short.available for short in shortages(lines, offer.available))


def _reason(
    lines: list[Wanted],
    offer: Source,
    offers: Sequence[Source],
    given: tuple[Allotment, ...],
    strategy: Strategy,
) -> Message:
    """Why a warehouse gives something, or why not."""
    givers = {part.warehouse for part in given}
    own = {part.sku: part.quantity for part in given if part.warehouse == offer.warehouse}
    short = {s.sku: s.wanted - s.available for s in shortages(lines, offer.available)}
    at = offer.warehouse
    if own and len(givers) > 1:
        given_here: dict[str, Value] = {"at": at, "pieces": pieces_by_sku(own)}
        return Message("warehouse-gives", "{at}: gives {pieces}", given_here)
    if own and strategy == Strategy.NEAREST_ZONE:
        return Message("warehouse-is-nearest", "{at}: the nearest that has everything", {"at": at})
    if own:
        return Message("warehouse-is-first", "{at}: the first that has everything", {"at": at})
    if short:
        lacking: dict[str, Value] = {"at": at, "pieces": pieces_by_sku(short)}
        return Message("warehouse-lacks", "{at}: lacks {pieces}", lacking)
    return _why_after(offer, offers, givers, strategy)


def _why_after(
    offer: Source, offers: Sequence[Source], givers: set[str], strategy: Strategy
) -> Message:
    """Why a warehouse that has everything gives nothing."""
    before = [other for other in offers if other.warehouse in givers]
    values: dict[str, Value] = {
        "at": offer.warehouse,
        "others": tuple(other.warehouse for other in before),
    }
    if strategy == Strategy.NEAREST_ZONE and any(x.distance < offer.distance for x in before):
        return Message(
            "warehouse-is-farther",
            "{at}: has everything too, and is farther than {others: and }",
            values,
        )
    if before:
        return Message(
            "warehouse-comes-after",
            "{at}: has everything too, and comes after {others: and }",
            values,
        )
    return Message("warehouse-not-needed", "{at}: has everything too, and is not needed", values)
