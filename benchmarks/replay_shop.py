"""The shop of a replay: stock that runs out now and then, lorries that bring some of it later, and
staff who do not always find everything.

What is left to chance hangs on the seed and on what it is about, never on who came first: two
replays of a seed have the same stock, the same late lorries and the same short picks.
"""

import csv
import random
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from sqlmodel import col, func, select

from adapters.database.sessions import transaction
from benchmarks.replay_charges import charges_of
from benchmarks.replay_orders import PastOrder, demand
from deployments.demo.sample import sample_files
from deployments.demo.simulated_staff import SimulatedStaff
from models.enums import AllocationState, Channel, ShortPickReason, TaskKind
from models.forms.decisions import CANCEL_LINE, CANCEL_ORDER_CHOICE, PICK_ELSEWHERE, SPLIT, WAIT
from models.forms.picking import TOO_FEW_OF_THESE
from models.imports.requests import LineCancellationIn
from models.imports.stock import DeliveryIn
from models.tables.staff import StaffTask
from models.tables.stock import Allocation
from services.access.actors import Actor
from services.answers.line_requests import CannotCancelLine, cancel_lines_on_request
from services.execution.errors import AnswerRefused
from services.imports.files import import_file
from services.stock_control.stock_changes import book
from services.worklist.tasks import TaskNotOpen

_CHANNEL = "replay"
_LORRY = Actor(name=_CHANNEL, channel=Channel.IMPORT)
_CUSTOMER = Actor(name=_CHANNEL, channel=Channel.PACKLINE)
_SCARCE = 0.03
"""Of so many products there is half of what the orders want; a lorry brings the rest."""
_DISCONTINUED = 0.003
"""So many never come again."""
_ABOARD = 0.7
"""The chance that a lorry has what is waited for."""
_PICKED_SHORT = 0.06
_CHANGES_MIND = 0.04
"""The chance that a customer wants a piece less, once somebody is to pick it."""
_SHORT_PICKS = ((0.3, PICK_ELSEWHERE), (0.55, SPLIT), (0.7, WAIT), (0.9, CANCEL_LINE))
"""What the operator decides, up to that much of chance; beyond it, the order is cancelled."""
_SHORTAGES = ((0.3, SPLIT), (0.6, CANCEL_LINE))
"""The same for stock that does not come."""
_REASONS = tuple(ShortPickReason)
_LORRIES_WAITED_FOR = 3

Row = dict[str, Any]


class ReplayShop:
    """Catalogue, stock and tariffs for these orders, and what comes in while they are at work."""

    def __init__(self, orders: list[PastOrder], seed: int, folder: Path) -> None:
        self._folder, self._seed, self._serial = folder, seed, count(1)
        self._discontinued: set[str] = set()
        self.refused, self.lorries, self.pieces_brought = 0, 0, 0
        import_file(next(file for file in sample_files() if file.stem == "staff"))
        self._take_in("products", self._products(demand(orders)))
        for name, rows in _tariffs({order.country for order in orders}).items():
            self._take_in(name, rows)

    def hand_in(self, orders: list[PastOrder]) -> None:
        """Import these orders; what the import refuses is counted."""
        if orders:
            rows = [row for order in orders for row in _order_rows(order, self._seed)]
            self.refused += self._take_in("orders", rows)

    def lorry(self) -> None:
        """Bring what orders wait for, as far as it is aboard."""
        self.lorries += 1
        for sku, pieces in _waited_for():
            if sku not in self._discontinued and self._chance(self.lorries, sku) < _ABOARD:
                note = f"lorry {self.lorries}"
                book(DeliveryIn(sku=sku, quantity=pieces, reference=note, by=_CHANNEL), _LORRY)
                self.pieces_brought += pieces

    def _products(self, wanted: dict[str, int]) -> Iterator[Row]:
        skus = sorted(wanted)
        chance = random.Random(self._seed)
        some = chance.sample(skus, max(round(len(skus) * _SCARCE), 1))
        self._discontinued = set(some[: max(round(len(skus) * _DISCONTINUED), 1)])
        for place, sku in enumerate(skus):
            yield {
                "sku": sku,
                "name": f"Product {sku}",
                "barcode": sku,
                "bin": f"{'ABCDEFGH'[place % 8]}-{place // 8 % 90 + 10}-{place % 4 + 1}",
                "weight_grams": chance.randint(20, 200),
                "on_hand": wanted[sku] // 2 if sku in some else wanted[sku],
            }

    def _chance(self, *about: object) -> float:
        return chance(self._seed, *about)

    def _take_in(self, name: str, rows: Iterable[Row]) -> int:
        """Import rows as a file of their own; returns how many were refused."""
        path = self._folder / f"{name}-{next(self._serial)}.csv"
        listed = list(rows)
        with path.open("w", encoding="utf-8", newline="") as file:
            columns = dict.fromkeys(name for row in listed for name in row)
            table = csv.DictWriter(file, list(columns))
            table.writeheader()
            table.writerows(listed)
        return import_file(path).rejected


class ReplayStaff(SimulatedStaff):
    """Pickers sometimes find a piece too few, and the operator decides what comes of it."""

    def __init__(self, shop: ReplayShop, seed: int) -> None:
        super().__init__()
        self._shop, self._seed = shop, seed
        self._first_seen: dict[int, int] = {}
        self._asked_for: set[int] = set()
        self._answers[TaskKind.SHORT_PICK] = self._short_pick

    def do(self, task: StaffTask) -> None:
        """Do a task, unless stock came and it was done by itself. Where what was decided cannot be
        done, the missing pieces are cancelled.
        """
        with suppress(TaskNotOpen):
            if self._piece_less(task):
                return  # the task is another one by now
            try:
                super().do(task)
            except AnswerRefused:
                self._give(task, self._decision(task, CANCEL_LINE))

    def lets_wait(self, task: StaffTask) -> bool:
        """The operator waits for some lorries before something is cancelled for want of stock."""
        waits = (task.checklist or {}).get("waits", False)
        if task.kind != TaskKind.SHORTAGE and not waits:
            return False
        seen = self._first_seen.setdefault(task.id, self._shop.lorries)
        return self._shop.lorries - seen < _LORRIES_WAITED_FOR

    def _piece_less(self, task: StaffTask) -> bool:
        """Whether a piece of what is to be picked was cancelled now, as its customer asked."""
        if task.kind != TaskKind.PICKING or task.id in self._asked_for:
            return False
        self._asked_for.add(task.id)
        items = (task.checklist or {}).get("items", [])
        if not items or self._chance_of(task, "piece less") >= _CHANGES_MIND:
            return False
        asked = {"pieces": {items[-1]["sku"]: 1}, "reason": "changed their mind", "by": _CHANNEL}
        with suppress(CannotCancelLine):
            cancel_lines_on_request(
                task.order_number, LineCancellationIn.model_validate(asked), _CUSTOMER
            )
            return True
        return False

    def _picking(self, task: StaffTask) -> dict[str, Any]:
        if task.round > 1 or self._chance(task) >= _PICKED_SHORT:
            return super()._picking(task)
        item = (task.checklist or {})["items"][0]
        why = _REASONS[int(self._chance(task) / _PICKED_SHORT * len(_REASONS))]
        found = [{"sku": item["sku"], "quantity": item["quantity"] - 1, "why": why}]
        return {"outcome": TOO_FEW_OF_THESE, "found": found}

    def _shortage(self, task: StaffTask) -> dict[str, Any]:
        return self._decision(task, _decided(_SHORTAGES, self._chance(task)))

    def _short_pick(self, task: StaffTask) -> dict[str, Any]:
        if (task.checklist or {}).get("waits"):
            return self._decision(task, CANCEL_LINE)
        return self._decision(task, _decided(_SHORT_PICKS, self._chance(task)))

    def _decision(self, task: StaffTask, decision: str) -> dict[str, Any]:
        return {"decision": decision}

    def _chance(self, task: StaffTask) -> float:
        return self._chance_of(task)

    def _chance_of(self, task: StaffTask, *what: str) -> float:
        return chance(self._seed, task.kind, task.round, task.order_number, task.shipment, *what)


def _decided(chances: tuple[tuple[float, str], ...], chance: float) -> str:
    return next((decision for up_to, decision in chances if chance < up_to), CANCEL_ORDER_CHOICE)


def chance(*about: object) -> float:
    """Between 0 and 1, by chance, and always the same for the same."""
    return random.Random(" ".join(map(str, about))).random()


def _waited_for() -> list[tuple[str, int]]:
    """What orders wait for: pieces by product."""
    wanted = (
        select(Allocation.sku, func.sum(Allocation.quantity))
        .where(Allocation.state == AllocationState.BACKORDERED)
        .group_by(col(Allocation.sku))
        .order_by(col(Allocation.sku))
    )
    with transaction() as session:
        return [(sku, int(pieces)) for sku, pieces in session.execute(wanted)]


def _tariffs(countries: set[str]) -> dict[str, list[Row]]:
    """The same tax and the same prices everywhere."""
    everywhere = sorted(countries)
    rate = {"carrier": "house", "service_level": "standard", "zone": "1", "currency": "GBP"}
    prices = ((1_000, "3.95"), (5_000, "5.95"), (30_000, "14.95"))
    return {
        "tax_rates": [{"country": country, "rate": "0.2"} for country in everywhere],
        "shipping_zones": [
            {"carrier": "house", "country": country, "zone": "1"} for country in everywhere
        ],
        "shipping_rates": [rate | {"up_to_grams": g, "price": price} for g, price in prices],
    }


def _order_rows(order: PastOrder, seed: int) -> Iterator[Row]:
    """A row for each line. The order is placed now: it would be late otherwise."""
    charges = charges_of(order, seed)
    for line, discount in zip(order.lines, charges.line_discounts, strict=True):
        yield {
            "channel": _CHANNEL,
            "external_id": order.number,
            "customer_name": f"Customer {order.number}",
            "email": f"customer.{order.number}@post.example",
            "address_line1": "1 High Street",
            "city": "Anytown",
            "postal_code": "1000",
            "country": order.country,
            "currency": "GBP",
            "prices_include_tax": "true",
            "sku": line.sku,
            "quantity": line.pieces,
            "unit_price": line.unit_price,
            "line_discount": discount,
            **charges.of_order,
        }
