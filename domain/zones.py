"""A carrier's zones, its prices by weight, and the weight that it bills.

Weights are whole grams, lengths whole millimetres, prices minor units.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from domain.errors import PacklineError
from domain.messages import Value
from domain.places import comparable, lies_in


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """The zone of all postal codes with a prefix; '' is all the rest of the country."""

    country: str
    postal_prefix: str
    zone: str


@dataclass(frozen=True, slots=True)
class RateBand:
    """The price of a parcel that weighs up to so many grams, these included."""

    up_to_grams: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """Which price list some bands are: it names them when no band fits."""

    service_level: str
    zone: str
    currency: str


class NoShippingZone(PacklineError):
    """The carrier has no zone for a destination."""

    message = (
        "There is no shipping zone for {place: }:"
        " import one with `packline import shipping_zones.csv`."
    )

    def __init__(self, country: str, postal_code: str) -> None:
        super().__init__(place=tuple(part for part in (country, postal_code) if part))
        self.country = country
        self.postal_code = postal_code


class NoShippingRate(PacklineError):
    """No band holds a parcel's weight. `heaviest_grams` is where the bands end, 0 without any."""

    messages = {
        "no-shipping-rates": (
            "There is no shipping rate: import one with `packline import shipping_rates.csv`."
        ),
        "no-shipping-rates-for-tariff": (
            "There is no shipping rate for {service_level} to zone {zone} in {currency}:"
            " import one with `packline import shipping_rates.csv`."
        ),
        "too-heavy-for-rates": (
            "A parcel of {grams} g is too heavy for the shipping rates, which end at"
            " {heaviest} g: pack smaller parcels, or import heavier rates with"
            " `packline import shipping_rates.csv`."
        ),
        "too-heavy-for-tariff": (
            "A parcel of {grams} g is too heavy for the shipping rates for {service_level} to zone"
            " {zone} in {currency}, which end at {heaviest} g: pack smaller parcels, or import"
            " heavier rates with `packline import shipping_rates.csv`."
        ),
    }

    def __init__(self, grams: int, heaviest_grams: int, tariff: Tariff | None = None) -> None:
        codes = _TOO_HEAVY if heaviest_grams else _NO_RATES
        weights: dict[str, Value] = {"grams": grams, "heaviest": heaviest_grams}
        given = weights | (asdict(tariff) if tariff else {})
        super().__init__(codes[tariff is not None], **given)
        self.grams = grams
        self.heaviest_grams = heaviest_grams
        self.tariff = tariff


_NO_RATES = ("no-shipping-rates", "no-shipping-rates-for-tariff")
_TOO_HEAVY = ("too-heavy-for-rates", "too-heavy-for-tariff")


def zone_for(rules: Iterable[ZoneRule], *, country: str, postal_code: str) -> str:
    """The zone of a destination: the longest postal prefix that fits wins.

    Raises `NoShippingZone`.
    """
    covering = [
        rule
        for rule in rules
        if rule.country.casefold() == country.casefold()
        and lies_in(country, postal_code, rule.postal_prefix)
    ]
    if not covering:
        raise NoShippingZone(country, postal_code)
    return max(covering, key=lambda rule: len(comparable(rule.postal_prefix))).zone


def band_for(bands: Sequence[RateBand], grams: int, tariff: Tariff | None = None) -> RateBand:
    """The lightest band that holds a parcel, the bands in any order.

    Raises `NoShippingRate`, which names the tariff if it is given.
    """
    holding = [band for band in bands if grams <= band.up_to_grams]
    if not holding:
        raise NoShippingRate(grams, _heaviest_grams(bands), tariff)
    return min(holding, key=lambda band: band.up_to_grams)


class QuotedParcels(NamedTuple):
    """So many parcels of the band up to so many grams, at its price each."""

    up_to_grams: int
    price_minor: int
    parcels: int


def quote_parcels(
    bands: Sequence[RateBand], grams: int, tariff: Tariff | None = None
) -> tuple[QuotedParcels, ...]:
    """The parcels by which goods are priced that are not packed yet.

    Goods heavier than the heaviest band are quoted as several parcels: full ones of that band, and
    one for the rest.

    Raises `NoShippingRate` when there are no bands.
    """
    heaviest = _heaviest_grams(bands)
    if not heaviest:
        raise NoShippingRate(grams, heaviest, tariff)
    full_parcels = max(grams - 1, 0) // heaviest
    full, last = band_for(bands, heaviest), band_for(bands, grams - full_parcels * heaviest)
    quoted = ((full, full_parcels), (last, 1))
    return tuple(
        QuotedParcels(band.up_to_grams, band.price_minor, parcels)
        for band, parcels in quoted
        if parcels
    )


def cost_currency(priced: Iterable[str], ordered: str, preferred: str | None) -> str:
    """The currency of what a carrier takes, of those in which it has prices: the order's; else the
    one that is preferred; or, with no preference, the only one there is. Where there are no such
    prices, it is the order's.
    """
    there = set(priced)
    if ordered in there:
        return ordered
    if preferred in there:
        return str(preferred)
    return there.pop() if preferred is None and len(there) == 1 else ordered


def dimensional_grams(length_mm: int, width_mm: int, height_mm: int, divisor: int) -> int:
    """The weight that a parcel's volume stands for: mm³ / divisor, rounded up to a gram.

    The divisor is in cubic millimetres per gram, which is the same number as the cm³ per kg that
    carriers publish: 5000 with express couriers, 6000 for air cargo (IATA).
    """
    return -(-length_mm * width_mm * height_mm // divisor)


def billable_grams(
    weight_grams: int, length_mm: int, width_mm: int, height_mm: int, divisor: int
) -> int:
    """The weight that the carrier bills: real or dimensional, whichever is more."""
    return max(weight_grams, dimensional_grams(length_mm, width_mm, height_mm, divisor))


def _heaviest_grams(bands: Sequence[RateBand]) -> int:
    return max((band.up_to_grams for band in bands), default=0)
