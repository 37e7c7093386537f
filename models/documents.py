"""What labels, mails and reports show: plain values, complete before anything is rendered.

Amounts are whole minor units beside their currency, weights whole grams, days dates in the shop's
time zone.
"""

import unicodedata
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from domain.statistics import last_days
from models.enums import Role, ServiceLevel
from models.shipments import shipment_name

CHART_DAYS = 14
"""So many days the report looks back, the reported one included."""

LISTED_TASKS = 100
"""So many late tasks stand in one mail; `packline tasks --late` has all of them."""

CHART_CURRENCIES = 3
"""So many currencies have a panel in the chart; the report's table has all of them."""


_OVERRIDES = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def split_address(address: str) -> tuple[str, ...]:
    """The lines of an address that is written as parts separated by commas."""
    return tuple(part.strip() for part in address.split(",") if part.strip())


def one_line(text: str) -> str:
    """The text without line breaks, and without what would disturb the text that follows it.

    That is control characters, and the marks that turn the direction of writing.
    """
    return " ".join(filter(None, (_printable(word) for word in text.split())))


def _printable(word: str) -> str:
    return "".join(
        character
        for character in word
        if unicodedata.category(character) != "Cc"
        and unicodedata.bidirectional(character) not in _OVERRIDES
    )


OneLine = Annotated[str, AfterValidator(one_line)]
"""A text from outside, made fit for a line of a mail, a label or a subject."""


Totals = tuple[tuple[str, int], ...]
"""Amounts in minor units with their captions, as a reader adds them up."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class MailContent(_View):
    """A mail, ready to be sent. The subject is one line; text and HTML say the same."""

    subject: OneLine
    text: str
    html: str


class LabelView(_View):
    """What the label of one parcel shows: parcel `parcel` of `parcels`, counted from 1.

    `shipment` is which of the order's, where it was split.

    The tracking number is what Code 128 can carry: printable ASCII.
    """

    sender: tuple[OneLine, ...]
    recipient: OneLine
    address_lines: tuple[OneLine, ...]
    carrier: OneLine
    service_level: ServiceLevel
    zone: OneLine
    weight_grams: int = Field(gt=0)
    order_number: int
    shipment: int = Field(1, ge=1)
    parcel: int = Field(ge=1)
    parcels: int = Field(ge=1)
    tracking_number: str = Field(pattern=r"^[\x21-\x7e]{1,64}$")

    @property
    def order(self) -> str:
        """The order's number, and that of the shipment where it is not the first: `1001-2`."""
        return (
            f"{self.order_number}-{self.shipment}" if self.shipment > 1 else f"{self.order_number}"
        )


class MailLine(_View):
    """A line of an order: so many pieces, and the price of all of them before shipping and tax."""

    sku: OneLine
    name: OneLine
    quantity: int
    amount_minor: int


class MailParcel(_View):
    """A parcel, and the page where the customer follows it."""

    tracking_number: str
    link: str
    weight_grams: int


class ShipmentMailView(_View):
    """What a customer is told when an order leaves, or a part of it (`is_part`).

    `lines` are what leaves now, `follows` what of the order leaves later. The amounts are the
    order's. `replaced` are the tracking numbers that the parcels had for another address.

    With `prices_include_tax` the tax is part of the other amounts; without, it comes on top.
    """

    shop_name: OneLine
    order_number: int
    customer_name: OneLine
    lines: tuple[MailLine, ...] = Field(min_length=1)
    is_part: bool = False
    replaced: tuple[OneLine, ...] = ()
    follows: tuple[MailLine, ...] = ()
    items_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    currency: str
    prices_include_tax: bool
    carrier: OneLine
    parcels: tuple[MailParcel, ...] = Field(min_length=1)
    address_lines: tuple[OneLine, ...]
    locale: str

    @property
    def title(self) -> str:
        """What has happened, in a line."""
        what = "part of your" if self.is_part else "your"
        if self.replaced:
            return f"New tracking for {what} order {self.order_number}"
        return f"{what.capitalize()} order {self.order_number} is being shipped"

    @property
    def totals(self) -> Totals:
        """What the order comes to."""
        return _added_up(self, "Total", self.prices_include_tax)


class MailAmounts(_View):
    """What something comes to; whether its tax is inside of the others, the mail says."""

    items_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int


class CancellationMailView(_View):
    """What a customer is told when some of an order, or all of it, will not ship.

    `ships` is what still does, and `pays` what the customer pays for that: nothing of an order that
    is cancelled whole. Without `refund` nothing comes back; of an order that was never `priced`,
    nobody knows.
    """

    shop_name: OneLine
    order_number: int
    customer_name: OneLine
    cancelled: tuple[MailLine, ...] = Field(min_length=1)
    refund: MailAmounts | None
    priced: bool = True
    ships: tuple[MailLine, ...]
    pays: MailAmounts
    currency: str
    prices_include_tax: bool
    locale: str

    @property
    def title(self) -> str:
        """What has happened, in a line."""
        which = "Part of your" if self.ships else "Your"
        return f"{which} order {self.order_number} is cancelled"

    @property
    def refunded(self) -> Totals:
        """What comes back."""
        return _added_up(self.refund, "Refund", self.prices_include_tax) if self.refund else ()

    @property
    def totals(self) -> Totals:
        """What the customer pays for what still ships."""
        return _added_up(self.pays, "Total", self.prices_include_tax)


def _added_up(
    amounts: ShipmentMailView | MailAmounts, total: str, prices_include_tax: bool
) -> Totals:
    items, shipping = ("Items", amounts.items_minor), ("Shipping", amounts.shipping_minor)
    if prices_include_tax:
        included = ("Tax included", amounts.tax_minor)
        return items, shipping, (total, amounts.total_minor), included
    return items, shipping, ("Tax", amounts.tax_minor), (total, amounts.total_minor)


class LateTask(_View):
    """A task that is open although it was due, and the order it holds up.

    `options` are what `packline done` needs besides the task and a name, each after a blank.
    """

    id: int
    title: str
    role: Role
    order_number: int
    shipment: int = 1
    service_level: ServiceLevel
    due_at: AwareDatetime
    promised_at: AwareDatetime
    options: str = ""

    @property
    def of(self) -> str:
        """What it is about, as people and its flow run call it."""
        return shipment_name(self.order_number, self.shipment)


class LateTasksView(_View):
    """What a role is told of tasks that are late, the longest overdue first.

    `escalated`: those whose task it is have been reminded before. `stands_in` names the role that
    the mail is for and in which nobody has a mail address. `tells_next` names who is told if the
    tasks stay open for `escalate_after_hours` more working hours.
    """

    shop_name: OneLine
    tasks: tuple[LateTask, ...] = Field(min_length=1)
    escalated: bool
    stands_in: str
    tells_next: str
    escalate_after_hours: float
    now: AwareDatetime
    locale: str
    time_zone: str

    @property
    def listed(self) -> tuple[LateTask, ...]:
        """As many as fit into a mail that people read."""
        return self.tasks[:LISTED_TASKS]

    @property
    def unlisted(self) -> int:
        """So many more are late."""
        return len(self.tasks) - len(self.listed)


class CurrencyRevenue(_View):
    """The orders shipped on one day in one currency, and their revenue."""

    currency: str
    orders: int
    revenue_minor: int


class CurrencyFigures(CurrencyRevenue):
    """The same with pieces, and the average value of an order."""

    units: int
    average_minor: int


class DayFigures(_View):
    """A day's shipped orders by currency; empty where none was shipped."""

    day: date
    revenue: tuple[CurrencyRevenue, ...] = ()

    @property
    def orders(self) -> int:
        """Orders shipped, in all currencies."""
        return sum(part.orders for part in self.revenue)


class DailyReportView(_View):
    """What management is told of a day. `revision` is 2 when the day is summed up again.

    `history` may leave out days without a shipped order, and may reach further back than the
    report does.
    """

    shop_name: OneLine
    day: date
    revision: int = Field(ge=1)
    orders_received: int
    orders_shipped: int
    units_shipped: int
    backlog: int
    currencies: tuple[CurrencyFigures, ...]
    history: tuple[DayFigures, ...]
    locale: str
    time_zone: str
    generated_at: AwareDatetime

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """The day's counts with their captions."""
        return (
            ("Orders received", self.orders_received),
            ("Orders shipped", self.orders_shipped),
            ("Units shipped", self.units_shipped),
            ("Orders still open (backlog)", self.backlog),
        )

    @property
    def chart_days(self) -> tuple[DayFigures, ...]:
        """The last 14 days, oldest first and without a gap; the reported day is the last."""
        known = {figures.day: figures for figures in self.history}
        days = last_days(self.day, CHART_DAYS)
        return tuple(known.get(day, DayFigures(day=day)) for day in days)

    @property
    def chart_currencies(self) -> tuple[str, ...]:
        """The currencies that the chart has room for."""
        return self.history_currencies[:CHART_CURRENCIES]

    @property
    def history_currencies(self) -> tuple[str, ...]:
        """The currencies of the last 14 days, the one with the most orders first.

        Revenue cannot be compared across currencies without exchange rates; orders can.
        """
        orders: dict[str, int] = {}
        for part in (part for day in self.chart_days for part in day.revenue):
            orders[part.currency] = orders.get(part.currency, 0) + part.orders
        return tuple(sorted(orders, key=lambda currency: (-orders[currency], currency)))
