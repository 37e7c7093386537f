"""Whatever people and machines do, in whatever order: the stock in the books is true.

A machine draws actions at random and does them through the real steps on a real Postgres. After
each action it compares the books, and at the end of each example it holds a full audit, brings what
is missing, and sees every order to its end.

A new action is a rule of a few lines that does it as people do, and says in `brought` what it puts
on the shelf. What it may not do is refused by an error that the rule names. The checks stay as they
are.
"""

import sys
from collections import defaultdict
from contextlib import suppress
from itertools import count, product

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.exc import DBAPIError

import services.stock_control.stock_changes
import tasks.stock
from adapters.database.sessions import transaction
from domain.refunds import ShippingRefunds
from domain.short_picks import ShortPick
from domain.sourcing import Allotment, Plan
from models.enums import ENDED, HoldReason, LackingReason, ShortPickReason, TaskKind
from models.forms.restock import DAMAGED_OR_MISSING
from models.imports.requests import AddressIn, HoldIn
from models.imports.stock import AdjustmentIn, DeliveryIn, StockCountIn, TransferIn
from models.process import StepName
from models.tables.catalogue import Warehouse
from services.answers.undo import CannotUndo
from services.execution.errors import AnswerRefused, OnHold, Superseded
from services.orders.addresses import AddressSettled
from services.orders.cancellation import CannotCancel
from services.orders.holds import CannotHold, NotOnHold
from services.stock_control.backorders import fill_backorders
from services.stock_control.counts import PickedAlready
from services.stock_control.stock_changes import AllocatedToOrders, AlreadyBooked, NotOnHand
from services.worklist.gates import GATES
from tests.actors import (
    book,
    change_address,
    move,
    put_on_hold,
    release,
    request_cancellation_of,
    undo,
)
from tests.actors import count as count_stock
from tests.factories import make_order, make_product, make_tariffs, make_warehouse, receive
from tests.process import (
    COMPENSATION_STEPS,
    ORDER_STEPS,
    Process,
    assert_sound,
    dying_before_the_record_of,
    execute,
    rows,
    set_to,
)

pytestmark = pytest.mark.lengthy

SKUS = ("CUP", "MUG", "PLATE")
PLACES = MAIN, YORK = "MAIN", "YORK"
IN_MAIN, IN_YORK = 5, 2
OPENING = IN_MAIN + IN_YORK
CHANGES = (("adjusted", 3), ("adjusted", -2), ("damaged", -1), ("returned", 1))

UNTRUE = {
    "more is allocated than there is": """
        SELECT sku, on_hand, allocated FROM product
        WHERE NOT (0 <= allocated AND allocated <= on_hand)
    """,
    "stock on hand is not the sum of its movements": """
        SELECT sku, on_hand, sum(quantity) FROM product LEFT JOIN stock_movement USING (sku)
        GROUP BY sku HAVING on_hand <> coalesce(sum(quantity), 0)
    """,
    "allocated stock is not the sum of the live allocations": """
        SELECT product.sku, allocated, sum(quantity)
        FROM product LEFT JOIN allocation ON allocation.sku = product.sku AND state = 'allocated'
        GROUP BY product.sku HAVING allocated <> coalesce(sum(quantity), 0)
    """,
    "something is sold that was not allocated": """
        SELECT sold.reference, sold.sku, sold.quantity FROM stock_movement sold
        WHERE sold.kind = 'sold' AND NOT EXISTS (
            SELECT FROM allocation
            JOIN shipment travels ON travels.order_number = allocation.order_number
                AND travels.number = allocation.shipment
            WHERE sold.reference = travels.key AND sold.sku = allocation.sku
                AND state = 'issued' AND allocation.quantity = -sold.quantity)
    """,
    "a piece travels twice, or not at all": """
        WITH line AS (
            SELECT order_number, sku, sum(quantity - cancelled) AS pieces
            FROM order_line GROUP BY order_number, sku
        ), part AS (
            SELECT part.order_number, sku, sum(quantity) AS pieces
            FROM shipment_line part JOIN shipment travels
                ON travels.order_number = part.order_number AND travels.number = part.shipment
            LEFT JOIN step_record refunded ON subject = travels.key AND step = 'refund-order'
            WHERE refunded.subject IS NULL GROUP BY part.order_number, sku
        )
        SELECT * FROM line FULL JOIN part USING (order_number, sku)
        WHERE coalesce(line.pieces, 0) <> coalesce(part.pieces, 0)
    """,
    "what is owed and what is charged are not what the order is worth": """
        SELECT number, value_minor, total_minor, sum(amount_minor)
        FROM sales_order LEFT JOIN refund ON order_number = number
        GROUP BY number HAVING value_minor <> total_minor + coalesce(sum(amount_minor), 0)
    """,
}
"""What must find nothing, whatever was done."""

SHIPPED = """
    SELECT sku, sum(quantity) FROM shipment_line line
    JOIN shipment travels
        ON travels.order_number = line.order_number AND travels.number = line.shipment
    JOIN step_record ON subject = key AND step = 'update-inventory-stock'
    WHERE NOT EXISTS (
        SELECT FROM step_record back
        WHERE back.subject = key AND back.step IN ('return-stock', 'gate: restock')
            AND coalesce(back.result ->> 'accepted', 'true') = 'true'
    )
    GROUP BY sku
"""
BY_STAFF = (TaskKind.PICKING, TaskKind.PACKING, TaskKind.CARRIER_PICKUP, TaskKind.RESTOCK)
ON_THE_WAY = (*ORDER_STEPS, *COMPENSATION_STEPS, "Void Outdated Labels")
NOTICE = "Send Line Cancellation Notice"
RECORDED = (*ON_THE_WAY, NOTICE, *(gate.name for gate in GATES.values()))
REASONS = [str(why) for why in ShortPickReason]
SHORTAGE_DECISIONS = ["try again", "split", "cancel line", "cancel order"]
DECISIONS = ["try again", "pick elsewhere", "split", "wait", "cancel line", "cancel order"]

skus, few = st.sampled_from(SKUS), st.integers(1, 4)
prices = st.sampled_from([{"unit_price": "12.50"}, {"unit_price": "0"}, {"line_price": "9.99"}])
off = st.sampled_from([{}, {}, {"line_discount": "0"}, {"line_discount": "3.33"}])
some_lines = st.lists(st.tuples(skus, few, prices, off), min_size=1, max_size=3)
"""Of which several may be of one product. All weigh less than the parcel that staff packs."""
amounts = st.fixed_dictionaries(
    {"prices_include_tax": st.booleans()},
    optional={
        "discount": st.sampled_from(["0.01", "2.50"]),
        "shipping_charged": st.sampled_from(["0", "4.50"]),
        "fees_charged": st.just("1.99"),
    },
)
taxes = st.sampled_from([{}, {}, {"tax_charged": "1.37", "shipping_charged": "3.95"}])
refund_shipping = st.sampled_from(ShippingRefunds)
places = st.sampled_from(PLACES)
any_of_them = st.integers(0, 99)
steps = st.sampled_from(ON_THE_WAY)
orders = Bundle("orders")

KEPT = ("alembic_version", "warehouse")


PAID = {"sku": "MUG", "quantity": 1, "unit_price": "12.50"}
"""A line of each order, so that there is something to take a discount or a tax of."""


def a_line(drawn):
    """A line as a shop's file has it; nothing is taken off a gift."""
    sku, pieces, price, off = drawn
    return {"sku": sku, "quantity": pieces} | price | (off if "line_price" in price else {})


def open_task(kind):
    """Only while somebody has such a task."""
    return precondition(lambda machine: machine.tasks[kind])


class Shop(RuleBasedStateMachine):
    """Customers, staff, operators, deliveries, and machines that stop."""

    start: Process
    """The process of the test; each run of a shipment is another."""

    def __init__(self):
        super().__init__()
        open_the_shop()
        self.runs, self.serial = {}, count(1)
        self.brought, self.delivered = dict.fromkeys(SKUS, OPENING), None
        self.tasks = defaultdict(list)

    # Orders and their runs

    @initialize(
        target=orders,
        several=st.lists(st.tuples(some_lines, amounts, taxes), min_size=2, max_size=4),
        may_split=st.booleans(),
        short_pick=st.sampled_from(ShortPick),
        shipping=refund_shipping,
    )
    def orders_are_there(self, several, may_split, short_pick, shipping):
        rules = {"SPLIT_SHIPMENTS": str(may_split), "SHORT_PICK": short_pick}
        rules["REFUND_SHIPPING"] = shipping
        set_to(self.start.monkeypatch, **{f"PACKLINE_{name}": rules[name] for name in rules})
        return multiple(*(self.an_order_of(*order) for order in several))

    @rule(target=orders, lines=some_lines, charged=amounts, tax=taxes)
    def an_order_comes_in(self, lines, charged, tax):
        return self.an_order_of(lines, charged, tax)

    @rule(order=orders)
    def goes_on(self, order):
        for shipment in self.shipments(order):
            self.run_of(order, shipment).run(order, shipment)

    @rule(order=orders)
    def goes_far(self, order):
        """As far as staff can bring it who do what is asked of them."""
        for shipment in self.shipments(order):
            run = self.run_of(order, shipment)
            stopped_at = run.run(order, shipment)
            while (kind := stopped_at.rpartition("-")[0]) in BY_STAFF:
                run.answer(kind, order, shipment)
                stopped_at = run.run(order, shipment)

    @rule(order=orders, step=steps)
    def fails_before_a_step(self, order, step):
        run = self.run_of(order)
        run.fail[step] = ConnectionError("the machine stopped")
        with suppress(ConnectionError):
            self.goes_far(order)
        run.fail.clear()

    @rule(order=orders, step=st.sampled_from(RECORDED))
    def dies_before_the_record_of_a_step(self, order, step):
        with dying_before_the_record_of(step), suppress(DBAPIError):
            self.goes_far(order)

    @rule(order=orders, step=steps)
    def another_run_takes_over_in_the_middle(self, order, step):
        def begin_attempt():
            self.runs[order, 1] = self.start.another()
            self.goes_far(order)

        late = self.run_of(order)
        late.meanwhile[step] = begin_attempt
        with suppress(Superseded):
            self.goes_far(order)
        late.meanwhile.clear()

    @rule(order=orders)
    def is_cancelled(self, order):
        with suppress(CannotCancel):
            request_cancellation_of(order, "changed their mind", "Max")

    @rule(order=orders)
    def is_put_on_hold(self, order):
        with suppress(CannotHold):
            put_on_hold(order, HoldIn(reason=HoldReason.OTHER, note="", by="Max"))

    @rule(order=orders)
    def is_released(self, order):
        self.let_go_on(order)

    @rule(order=orders, street=st.sampled_from(["1 Mill Lane", "2 Quay", "3 Quay"]))
    def goes_elsewhere(self, order, street):
        there = {"address_line1": street, "city": "Leeds", "postal_code": "LS1 4AP"}
        with suppress(AddressSettled):
            change_address(order, AddressIn(**there, country="GB", by="Max"), new_label=True)

    # People

    @open_task(TaskKind.PICKING)
    @rule(which=any_of_them)
    def picks_in_full(self, which):
        self.answers(TaskKind.PICKING, which)

    @open_task(TaskKind.PICKING)
    @rule(which=any_of_them, found=st.integers(0, 3), why=st.sampled_from(REASONS))
    def picks_short(self, which, found, why):
        order, shipment = self.one(TaskKind.PICKING, which)
        sku, asked = rows(
            "SELECT sku, quantity - coalesce(picked, 0) FROM shipment_line"
            f" WHERE (order_number, shipment) = ({order}, {shipment})"
            " AND quantity > coalesce(picked, 0)"
        )[0]
        found = min(found, asked - 1)
        listed = [{"sku": sku, "quantity": found, "why": why}]
        self.brought[sku] -= asked - found
        self.answers(
            TaskKind.PICKING, which, outcome="too few of these, the rest as listed", found=listed
        )

    @open_task(TaskKind.PACKING)
    @rule(which=any_of_them)
    def packs(self, which):
        self.answers(TaskKind.PACKING, which)

    @rule(order=orders, pieces=few, why=st.sampled_from(LackingReason), instead=skus)
    def a_packer_lacks_some_of_it(self, order, pieces, why, instead):
        for shipment in self.at_the_bench(order):
            sku, picked = self.picked(order, shipment)
            lacking = {"sku": sku, "quantity": min(pieces, picked), "why": why}
            if why != LackingReason.WRONG:
                self.brought[sku] -= lacking["quantity"]
            elif instead != sku:
                lacking["instead"] = instead
            answer = {"parcels": [], "lacking": [lacking]}
            self.run_of(order, shipment).answer(TaskKind.PACKING, order, shipment, **answer)
        self.goes_on(order)
        assert_sound()

    @rule(order=orders)
    def what_a_packer_lacks_dies_before_its_record(self, order):
        for shipment in self.at_the_bench(order):
            sku, picked = self.picked(order, shipment)
            lacking = [{"sku": sku, "quantity": picked, "why": LackingReason.MISSING}]
            answer = {"parcels": [], "lacking": lacking}
            with dying_before_the_record_of("gate: packing"), pytest.raises(DBAPIError):
                self.run_of(order, shipment).answer(TaskKind.PACKING, order, shipment, **answer)

    @open_task(TaskKind.PICKING)
    @rule(which=any_of_them, times=st.integers(1, 2), goes_on=st.booleans())
    def picks_undoes_it_and_picks_before_the_run_goes_on(self, which, times, goes_on):
        order, shipment = self.one(TaskKind.PICKING, which)
        run = self.run_of(order, shipment)
        run.answer(TaskKind.PICKING, order, shipment)
        for _ in range(times):
            with suppress(CannotUndo):  # of an empty list there is nothing to undo
                undo(self.picked_tasks(order)[-1], "Jo")
                run.answer(TaskKind.PICKING, order, shipment)
        if goes_on:
            self.goes_on(order)

    @rule(order=orders, at_the_bench=st.booleans(), goes_on=st.booleans())
    def a_picking_is_undone(self, order, at_the_bench, goes_on):
        if at_the_bench:
            self.at_the_bench(order)
        for task in self.picked_tasks(order):
            with suppress(CannotUndo, OnHold):  # it may be packed, or be picked again already
                undo(task, "Jo")
        if goes_on:
            self.goes_on(order)
        assert_sound()

    @open_task(TaskKind.CARRIER_PICKUP)
    @rule(which=any_of_them)
    def hands_over(self, which):
        self.answers(TaskKind.CARRIER_PICKUP, which)

    @open_task(TaskKind.RESTOCK)
    @rule(which=any_of_them)
    def puts_back(self, which):
        self.answers(TaskKind.RESTOCK, which)

    @open_task(TaskKind.RESTOCK)
    @rule(which=any_of_them, why=st.sampled_from(["damaged", "missing"]))
    def puts_back_all_but_one_piece(self, which, why):
        order, shipment = self.one(TaskKind.RESTOCK, which)
        picked = f"picked > 0 AND (order_number, shipment) = ({order}, {shipment})"
        sku = rows(f"SELECT sku FROM shipment_line WHERE {picked}")[0][0]
        lost = [{"sku": sku, why: 1}]
        self.answers(TaskKind.RESTOCK, which, outcome=DAMAGED_OR_MISSING, lost=lost)
        self.brought[sku] -= 1

    @open_task(TaskKind.SHORTAGE)
    @rule(which=any_of_them, decision=st.sampled_from(SHORTAGE_DECISIONS))
    def decides_about_a_shortage(self, which, decision):
        with suppress(AnswerRefused):  # there may be nothing that could ship
            self.answers(TaskKind.SHORTAGE, which, decision=decision)

    @open_task(TaskKind.SHORT_PICK)
    @rule(which=any_of_them, decision=st.sampled_from(DECISIONS))
    def decides_about_a_short_pick(self, which, decision):
        with suppress(AnswerRefused):  # there may be too little to pick again, or nothing to ship
            self.answers(TaskKind.SHORT_PICK, which, decision=decision)

    @open_task(TaskKind.SHORT_PICK)
    @rule(which=any_of_them, change=st.sampled_from(["split", "cancel line"]))
    def a_decision_dies_in_the_middle(self, which, change):
        record = {"split": StepName.SPLIT_SHIPMENT, "cancel line": StepName.CANCEL_LINES}[change]
        with dying_before_the_record_of(record), suppress(DBAPIError, AnswerRefused):
            self.answers(TaskKind.SHORT_PICK, which, decision=change)

    @precondition(lambda machine: any(machine.tasks.values()))
    @rule(which=any_of_them)
    def an_answer_dies_before_its_record(self, which):
        kinds = sorted(kind for kind, orders in self.tasks.items() if orders)
        kind = kinds[which % len(kinds)]
        with (
            dying_before_the_record_of(f"gate: {kind}"),
            pytest.raises((DBAPIError, AnswerRefused)),
        ):
            self.answers(kind, which)

    # Stock

    @rule(sku=skus, pieces=few, warehouse=places)
    def a_delivery_comes(self, sku, pieces, warehouse):
        self.delivered = DeliveryIn(
            sku=sku, quantity=pieces, reference=self.reference(), by="Jo", warehouse=warehouse
        )
        book(self.delivered)
        self.brought[sku] += pieces

    @precondition(lambda machine: machine.delivered)
    @rule()
    def the_delivery_is_booked_again(self):
        with pytest.raises(AlreadyBooked):
            book(self.delivered)

    @rule(sku=skus, change=st.sampled_from(CHANGES), warehouse=places)
    def is_adjusted(self, sku, change, warehouse):
        kind, pieces = change
        changed = {"sku": sku, "quantity": pieces, "kind": kind, "warehouse": warehouse}
        with suppress(AllocatedToOrders, NotOnHand):
            book(AdjustmentIn(**changed, reason="looked", reference=self.reference(), by="Jo"))
            self.brought[sku] += pieces

    @rule(sku=skus, pieces=few, origin=places)
    def is_moved(self, sku, pieces, origin):
        (destination,) = set(PLACES) - {origin}
        way = {"from_warehouse": origin, "to_warehouse": destination, "reason": "sells there"}
        with suppress(AllocatedToOrders, NotOnHand):
            move(TransferIn(sku=sku, quantity=pieces, **way, reference=self.reference(), by="Jo"))

    @rule(sku=skus, pieces=st.integers(0, 12), warehouse=places)
    def is_counted(self, sku, pieces, warehouse):
        found = StockCountIn(
            sku=sku, counted=pieces, reference=self.reference(), by="Kim", warehouse=warehouse
        )
        with suppress(PickedAlready):
            self.brought[sku] += count_stock(found).difference

    @rule(order=orders, step=steps, sku=skus, pieces=st.integers(0, 12), warehouse=places)
    def is_counted_in_the_middle_of_a_run(self, order, step, sku, pieces, warehouse):
        run = self.run_of(order)
        run.meanwhile[step] = lambda: self.is_counted(sku, pieces, warehouse)
        self.goes_far(order)
        run.meanwhile.clear()

    @rule()
    def backorders_are_filled(self):
        """Each of them goes on once: then there is nothing to fill until more stock comes."""
        ((waiting,),) = rows("SELECT count(*) FROM shipment")
        for _ in range(waiting + 1):
            filled = fill_backorders()
            for number in filled:
                self.goes_on(number)
            if not filled:
                return
        pytest.fail("orders are answered for again and again, and hold nothing")

    # What is true after each of them

    @invariant()
    def the_books_are_true(self):
        for what, query in UNTRUE.items():
            assert rows(query) == [], what

    @invariant()
    def nothing_came_or_went_that_nobody_brought_or_shipped(self):
        shipped = dict(rows(SHIPPED))
        expected = {sku: self.brought[sku] - shipped.get(sku, 0) for sku in SKUS}
        assert dict(rows("SELECT sku, on_hand FROM product")) == expected

    @invariant()
    def look_who_has_a_task(self):
        self.tasks = defaultdict(list)
        found = "SELECT kind, order_number, shipment FROM staff_task WHERE state = 'open'"
        for kind, *which in rows(f"{found} ORDER BY id"):
            self.tasks[kind].append(tuple(which))

    def teardown(self):
        if sys.exception() is None:  # else something was found, and is to be told
            self.ends_well()

    def ends_well(self):
        """All is sound as it stands; and with plenty of stock, every order comes to its end."""
        assert_sound()
        for sku, warehouse in product(SKUS, PLACES):
            self.a_delivery_comes(sku, 1000, warehouse)
        for number in {number for number, _ in self.runs}:
            self.let_go_on(number)
            for shipment in self.shipments(number):
                fill_backorders()
                self.run_of(number, shipment).ship(number, shipment)
        ended = {status for (status,) in rows("SELECT status FROM sales_order")}
        assert ended <= set(ENDED)
        self.the_books_are_true()
        self.nothing_came_or_went_that_nobody_brought_or_shipped()
        assert_sound()

    def let_go_on(self, order):
        with suppress(NotOnHold):
            release(order, "Max")

    def an_order_of(self, lines, charged, tax):
        with transaction() as session:
            number = make_order(session, [*map(a_line, lines), PAID], **charged | tax)
        self.goes_on(number)
        return number

    def run_of(self, order, shipment=1):
        if (order, shipment) not in self.runs:
            self.runs[order, shipment] = self.start.another()
        return self.runs[order, shipment]

    def shipments(self, order):
        numbers = f"SELECT number FROM shipment WHERE order_number = {order} ORDER BY 1"
        return [number for (number,) in rows(numbers)]

    def answers(self, kind, which, **given):
        """Somebody does the task, and its run goes on."""
        number, shipment = self.one(kind, which)
        self.run_of(number, shipment).answer(kind, number, shipment, **given)
        self.goes_on(number)

    def one(self, kind, which):
        return self.tasks[kind][which % len(self.tasks[kind])]

    def at_the_bench(self, order):
        """The shipments of an order that are to be packed, once they are picked."""
        for shipment in self.shipments(order):
            run = self.run_of(order, shipment)
            while run.run(order, shipment).startswith(f"{TaskKind.PICKING}-"):
                run.answer(TaskKind.PICKING, order, shipment)
        packing = "FROM staff_task WHERE kind = 'packing' AND state = 'open'"
        found = rows(f"SELECT shipment {packing} AND order_number = {order} ORDER BY 1")
        return [shipment for (shipment,) in found]

    def picked(self, order, shipment):
        """A product of which something lies in its tote, and how many pieces."""
        of_shipment = f"(order_number, shipment) = ({order}, {shipment})"
        lines = f"SELECT sku, picked FROM shipment_line WHERE picked > 0 AND {of_shipment}"
        return rows(lines)[0]

    def picked_tasks(self, order):
        """The tasks in which somebody has picked something of an order, in their order."""
        done = "SELECT id FROM staff_task WHERE kind = 'picking' AND state = 'done'"
        return [task for (task,) in rows(f"{done} AND order_number = {order} ORDER BY answered_at")]

    def reference(self):
        return f"R-{next(self.serial)}"


def open_the_shop():
    """Empty tables but for tariffs and three products: quicker than a database for each example."""
    names = rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    listed = ", ".join(name for (name,) in names if name not in KEPT)
    unguarded = "SET LOCAL session_replication_role = replica"  # the timeline is append-only
    execute(f"{unguarded}; TRUNCATE {listed} RESTART IDENTITY CASCADE")
    with transaction() as session:
        make_tariffs(session)
        if session.get(Warehouse, YORK) is None:
            make_warehouse(session, YORK, 2)
        for sku in SKUS:
            make_product(session, sku, stock=IN_MAIN)
            receive(session, sku, IN_YORK, YORK)


def play(process, *, examples, actions, **given):
    """Let the machine play; without `phases`, what it finds is made as short as it can be."""
    Shop.start = process
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=examples,
            stateful_step_count=actions,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            **given,
        ),
    )


def test_stock_is_true_after_each_of_many_random_actions(process):
    play(process, examples=3, actions=20)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_stock_is_true_after_each_of_very_many_random_actions(process):
    play(process, examples=300, actions=50)


def nothing_is_counted(monkeypatch):
    execute("ALTER TABLE allocation DISABLE TRIGGER count_allocation")


def everything_is_available(monkeypatch):
    for table in ("product", "stock_level"):
        execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_allocated_within_on_hand")
    monkeypatch.setattr(tasks.stock, "sourcing_plan", all_from_the_first)


def all_from_the_first(session, shipment, **_given):
    return Plan(tuple(Allotment("MAIN", line.sku, line.quantity) for line in shipment.goods))


def a_delivery_may_be_booked_twice(monkeypatch):
    execute(
        "ALTER TABLE stock_movement DROP CONSTRAINT uq_stock_movement_sku_kind_reference_warehouse"
    )
    monkeypatch.setattr(
        services.stock_control.stock_changes, "_refuse_again", lambda session, movement: None
    )


@pytest.mark.parametrize(
    ("turned_off", "found"),
    [
        (nothing_is_counted, "allocated stock is not the sum of the live allocations"),
        pytest.param(
            everything_is_available, "more is allocated than there is", marks=pytest.mark.slow
        ),
        pytest.param(a_delivery_may_be_booked_twice, "DID NOT RAISE", marks=pytest.mark.slow),
    ],
)
def test_a_protection_that_is_turned_off_is_missed(process, monkeypatch, turned_off, found):
    """The machine would notice: the same play, with one protection less."""
    turned_off(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception), match=found):
        play(process, examples=100, actions=20, derandomize=True, phases=[Phase.generate])
