"""What labels, mails and reports show: plain values, complete before anything is rendered.

Amounts are whole minor units beside their currency, weights whole grams, days dates in the shop's
time zone.
"""

from pydantic import AwareDatetime, Field

from models.enums import Role, ServiceLevel
from models.tables.shipments import shipment_name
from models.views.base import OneLine, Totals, View

LISTED_TASKS = 100
"""So many late tasks stand in one mail; `packline tasks --late` has all of them."""


class MailContent(View):
    """A mail, ready to be sent. The subject is one line; text and HTML say the same."""

    subject: OneLine
    text: str
    html: str


class MailLine(View):
    """Goods of an order: so many pieces of a product, and what is charged for all of them, after
    discounts, before shipping and tax.
    """

    sku: OneLine
    name: OneLine
    quantity: int
    amount_minor: int


class MailParcel(View):
    """A parcel, and the page where the customer follows it."""

    tracking_number: str
    link: str
    weight_grams: int


class ShipmentMailView(View):
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
    fees_minor: int = 0
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


class MailAmounts(View):
    """What something comes to; whether its tax is inside of the others, the mail says."""

    items_minor: int
    shipping_minor: int
    fees_minor: int = 0
    tax_minor: int
    total_minor: int


class CancellationMailView(View):
    """What a customer is told when some of an order, or all of it, will not ship.

    `ships` is what still does, and `pays` what the customer pays for that: nothing of an order that
    is cancelled whole. Without `refund` nothing comes back.
    """

    shop_name: OneLine
    order_number: int
    customer_name: OneLine
    cancelled: tuple[MailLine, ...] = Field(min_length=1)
    refund: MailAmounts | None
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
    parts = [("Items", amounts.items_minor), ("Shipping", amounts.shipping_minor)]
    if amounts.fees_minor:
        parts.append(("Fees", amounts.fees_minor))
    whole = (total, amounts.total_minor)
    if prices_include_tax:
        return (*parts, whole, ("Tax included", amounts.tax_minor))
    return (*parts, ("Tax", amounts.tax_minor), whole)


class AlarmView(View):
    """What whoever runs Packline is told of an alarm."""

    shop_name: OneLine
    service: OneLine
    problem: OneLine
    to_do: OneLine
    since: AwareDatetime
    orders: tuple[int, ...]
    locale: str
    time_zone: str

    @property
    def title(self) -> str:
        """What it is about, in one line."""
        return f"Alarm: {self.service}"

    @property
    def listed(self) -> tuple[int, ...]:
        """As many orders as fit into a mail that people read."""
        return self.orders[:LISTED_TASKS]

    @property
    def unlisted(self) -> int:
        """So many more wait."""
        return len(self.orders) - len(self.listed)


class LateTask(View):
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


class LateTasksView(View):
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
