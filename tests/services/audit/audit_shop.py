"""A shop in which orders stand wherever an order can stand, for the audit to look at: split, on
hold, labelled anew, picked short, put short by a count, late, being cancelled, in a step that died,
in several warehouses.
"""

from itertools import count as counting

import pytest

from adapters.carriers.house import HouseCarrier
from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.shop_days import shop_day
from models.enums import HoldReason, Role
from models.imports.requests import AddressIn, HoldIn, RefundPaidIn
from models.imports.stock import DeliveryIn, StockCountIn, TransferIn
from models.tables.orders import SalesOrder
from models.tables.staff import Staff
from models.tables.stock import StockLevel
from services.answers.scanned_picking import finish_scanned_picking
from services.reminders.late_tasks import remind_and_escalate, send_reminders
from services.stock_control.backorders import fill_backorders
from tests.actors import (
    book,
    change_address,
    count,
    move,
    pay,
    put_on_hold,
    request_cancellation_of,
    undo,
)
from tests.factories import make_order, make_product, make_tariffs, make_warehouse, receive
from tests.process import Process, execute, open_task_id, rows
from tests.scanning import Scanner

_numbers = counting(1001)

SPLIT = next(_numbers)
"""Its rug is Shipped; its lamp was not found, and was split off: nobody has begun with it."""
SPLIT_WAITS = next(_numbers)
"""Two of its vases are Shipped; the third waits for stock, and a person was asked about it."""
SPLIT_AT_PACKING = next(_numbers)
"""Its rug is to be packed; its lamp was split off."""
BOTH_SHIPPED = next(_numbers)
"""Split, and Shipped in both parts."""
HALF_CANCELLED = next(_numbers)
"""Split: the first shipment is with the customer, the other one was cancelled."""
HALF_BACK = next(_numbers)
"""Split, and to be cancelled: of two shipments, one has gone back and the other one has not."""
BOTH_CANCELLED = next(_numbers)
"""Split, and cancelled with both of its shipments, of which nobody had begun with one."""
HELD = next(_numbers)
"""On hold, with its picking task."""
RELABELLED = next(_numbers)
"""Shipped with its second label, to another address."""
RELABELLED_TWICE = next(_numbers)
"""Packed, with its third label."""
CALLED_BACK = next(_numbers)
"""Called back from the carrier, who knows; its outdated label is to be voided after its hold."""
WITHOUT_LABEL = next(_numbers)
"""Called back; the outdated label is voided, and the process died before there was another."""
LINE_CANCELLED = next(_numbers)
"""A line of it was cancelled, since it was not found; the rest is Shipped, the refund paid."""
NOT_TOLD = next(_numbers)
"""A line of it was cancelled, and the process died before the customer was told."""
PICKED_SHORT = next(_numbers)
"""Some of it was not found, and the operator has not decided."""
WAITS_FOR_REST = next(_numbers)
"""Some of it was not found: it keeps what was, and waits for the rest."""
GAVE_UP_REST = next(_numbers)
"""It waited for the rest and got it; then a count took that away again, before it was picked."""
PICKED_ELSEWHERE = next(_numbers)
"""One of its dishes was not found, and was sent from YORK."""
FROM_MAIN = next(_numbers)
"""Sent from MAIN, of a product that YORK sends too, by another carrier than the house's."""
REGAINED = next(_numbers)
"""Put short by a count; then stock came in, and it holds all again."""
GOING_BACK = next(_numbers)
"""Packed, then to be cancelled; its goods are still to be restocked."""
SHORT_GOING_BACK = next(_numbers)
"""Picked short, then to be cancelled; its goods are still to be restocked."""
CANCELLED_BY_DECISION = next(_numbers)
"""Picked short, and the operator decided to cancel it; its goods are still to be restocked."""
RESTOCK = next(_numbers)
"""To be cancelled; its goods are back, and its run does not know yet."""
LOST_IN_COMPENSATION = next(_numbers)
"""Packed, and Cancelled; of three lamps that came back one was broken, and one got lost."""
ALMOST_CANCELLED = next(_numbers)
"""To be cancelled; all was undone, and the process died before its end."""
CANCELLED_AT_ONCE = next(_numbers)
"""Cancelled while it waited to be picked."""
ASKED_TO_CANCEL = next(_numbers)
"""To be cancelled, and its run has not heard of it yet."""
ESCALATED = next(_numbers)
"""Its picking task is so late that the operator was told; its run is gone."""
REMINDED = next(_numbers)
"""Its packing task is late."""
IN_EUROS = next(_numbers)
"""Shipped from YORK to Ireland, without tax in its prices."""
UNTOUCHED = next(_numbers)
"""New, and nobody has begun with it."""
JUST_CLAIMED = next(_numbers)
"""New; a run has claimed it, and died at the stock check."""
WAITS_FOR_STOCK = next(_numbers)
"""Backordered: some of it is there, and not enough."""
PACKED = next(_numbers)
"""Packed into a parcel, and the carrier is to come; two bad answers were refused."""
LACKING = next(_numbers)
"""A packer lacked one lamp of it, and another was wrong; the operator has not decided."""
LACKED = next(_numbers)
"""A packer lacked one lamp of it, which is cancelled; the rest is Shipped."""
PICKING_UNDONE = next(_numbers)
"""It was said to be picked by mistake, and is picked again."""
SCANNED = next(_numbers)
"""Picked by scan, with a lamp that was scanned, undone and scanned again; its rug is short."""

_LINES = {
    SPLIT: {"LAMP": 1, "RUG": 1},
    SPLIT_WAITS: {"VASE": 3, "RUG": 1},
    SPLIT_AT_PACKING: {"LAMP": 1, "RUG": 1},
    HALF_CANCELLED: {"FORK": 3, "RUG": 1},
    HALF_BACK: {"BOWL": 3, "RUG": 1},
    PICKED_ELSEWHERE: {"DISH": 3},
    FROM_MAIN: {"DISH": 1},
    WAITS_FOR_REST: {"PIPE": 3, "RUG": 1},
    GAVE_UP_REST: {"CORK": 3, "RUG": 1},
    REGAINED: {"POT": 4},
    IN_EUROS: {"JAR": 2},
    WAITS_FOR_STOCK: {"RUG": 2, "POT": 50},
}
"""What is ordered; others order three lamps and a rug."""
_STOCK = {
    "LAMP": 99,
    "RUG": 99,
    "POT": 6,
    "JAR": 1,
    "VASE": 3,
    "BOWL": 3,
    "FORK": 3,
    "DISH": 4,
    "PIPE": 3,
    "CORK": 3,
}
_PICKED, _PACKED = ("picking", "packing"), ("picking", "packing", "carrier-pickup")


def live_a_week(process: Process) -> None:
    """Let every order come as far as its description says."""
    _open_the_shop()
    _split_orders(process)
    _hold_and_relabel(process)
    _pick_short_orders(process)
    _lack_at_the_bench(process)
    _scan(process)
    _go_back(process)
    _be_late(process)
    _go_straight_on(process)
    _count(process)
    _know_another_carrier()
    _sum_up_twice(process)


def _sum_up_twice(process: Process) -> None:
    with transaction() as session:
        shipped_at = session.get_one(SalesOrder, IN_EUROS).shipped_at
    for _ in range(2):
        process.another().sum_up(shop_day(shipped_at, settings().zone_info))


def _open_the_shop() -> None:
    with transaction() as session:
        make_tariffs(session)
        make_tariffs(session, "IE", "EUR")
        make_warehouse(session, "YORK", 2)
        for sku, stock in _STOCK.items():
            make_product(session, sku, stock)
        session.add(StockLevel(warehouse="YORK", sku="DISH", bin="Y-1"))
        session.flush()
        receive(session, "DISH", 3, "YORK")
        for name, role in (("Ada", Role.WAREHOUSE_STAFF), ("Oscar", Role.OPERATOR)):
            session.add(Staff(name=name, roles=[role], email=f"{name}@fernway.example"))
    places = {"from_warehouse": "MAIN", "to_warehouse": "YORK"}
    move(TransferIn(sku="RUG", quantity=9, **places, reason="nearer", reference="T-1", by="Jo"))
    book(DeliveryIn(sku="JAR", quantity=3, reference="D-1", by="Jo", warehouse="YORK"))
    euros = {"country": "IE", "currency": "EUR", "prices_include_tax": False}
    with transaction() as session:
        for number in range(SPLIT, SCANNED + 1):
            lines = _LINES.get(number, {"LAMP": 3, "RUG": 1})
            given = euros if number == IN_EUROS else {}
            assert make_order(session, lines, **given) == number
    HouseCarrier().cancel_pickup("order:7:pickup")  # of an order that is long gone


def _come_to(process: Process, number: int, gates: tuple[str, ...]) -> Process:
    """A run that has come to the last of these gates, through the others."""
    run = process.another()
    for gate in gates:
        assert run.run(number) == f"{gate}-1"
        if gate != gates[-1]:
            run.answer(gate, number)
    return run


def _ship(process: Process, number: int, shipment: int = 1) -> None:
    assert process.ship(number, shipment).endswith("is Shipped.")


def _pick_short(
    process: Process, number: int, decision: str = "", sku: str = "LAMP", found: int = 2
) -> Process:
    """Of what is listed, some pieces are in their bin no more."""
    run = _come_to(process, number, ("picking",))
    listed = [{"sku": sku, "quantity": found, "why": "not in bin"}]
    outcome = "too few of these, the rest as listed"
    run.answer("picking", number, outcome=outcome, found=listed)
    assert run.run(number) == "short-pick-1"
    if decision:
        run.answer("short-pick", number, decision=decision)
    return run


def _dies_at(run: Process, step: str, number: int) -> None:
    run.fail[step] = RuntimeError("the machine stopped")
    with pytest.raises(RuntimeError):
        run.run(number)


def _cancel(number: int) -> None:
    request_cancellation_of(number, "changed their mind", "Max")


def _split_orders(process: Process) -> None:
    _ship(_pick_short(process, SPLIT, "split", found=0), SPLIT)
    _ship(_pick_short(process, SPLIT_WAITS, "split", "VASE"), SPLIT_WAITS)
    assert process.another().run(SPLIT_WAITS, 2) == "shortage-1"
    split = _pick_short(process, SPLIT_AT_PACKING, "split", found=0)
    assert split.run(SPLIT_AT_PACKING) == "packing-1"
    _ship(_pick_short(process, BOTH_SHIPPED, "split"), BOTH_SHIPPED)
    _ship(process.another(), BOTH_SHIPPED, 2)
    _ship(_pick_short(process, HALF_CANCELLED, "split", "FORK"), HALF_CANCELLED)
    _cancel(HALF_CANCELLED)
    process.another().run(HALF_CANCELLED, 2)
    _pick_short(process, HALF_BACK, "split", "BOWL")
    _cancel(HALF_BACK)
    process.another().run(HALF_BACK, 2)
    first = _pick_short(process, BOTH_CANCELLED, "split")
    _cancel(BOTH_CANCELLED)
    process.another().run(BOTH_CANCELLED, 2)
    assert first.run(BOTH_CANCELLED) == "restock-1"
    first.answer("restock", BOTH_CANCELLED)
    assert first.run(BOTH_CANCELLED).startswith(f"Order {BOTH_CANCELLED} is Cancelled")


def _send_elsewhere(number: int, line1: str = "2 Quay") -> None:
    there = {"address_line1": line1, "city": "Hull", "postal_code": "HU1 1AA", "country": "GB"}
    change_address(number, AddressIn(**there, by="Max"), new_label=True)


def _hold_and_relabel(process: Process) -> None:
    _come_to(process, HELD, ("picking",))
    put_on_hold(HELD, HoldIn(reason=HoldReason.FRAUD_CHECK, note="ask the bank", by="Max"))
    relabelled = _come_to(process, RELABELLED, _PACKED)
    _send_elsewhere(RELABELLED)
    _ship(relabelled, RELABELLED)
    twice = _come_to(process, RELABELLED_TWICE, _PACKED)
    for line1, again in (("2 Quay", "carrier-pickup-2"), ("3 Quay", "carrier-pickup-3")):
        _send_elsewhere(RELABELLED_TWICE, line1)
        assert twice.run(RELABELLED_TWICE) == again
    _come_to(process, CALLED_BACK, _PACKED)
    _send_elsewhere(CALLED_BACK)
    put_on_hold(CALLED_BACK, HoldIn(reason=HoldReason.OTHER, note="", by="Max"))
    execute(
        "UPDATE carrier_booking SET voided_at = now()"
        f" WHERE starts_with(key, 'order:{CALLED_BACK}:')"
    )
    without = _come_to(process, WITHOUT_LABEL, _PACKED)
    _send_elsewhere(WITHOUT_LABEL)
    _dies_at(without, "Create Shipping Label", WITHOUT_LABEL)


def _pick_short_orders(process: Process) -> None:
    _ship(_pick_short(process, LINE_CANCELLED, "cancel line"), LINE_CANCELLED)
    pay(1, RefundPaidIn(by="Kim", reference="PSP-77"))
    not_told = _pick_short(process, NOT_TOLD, "cancel line")
    _dies_at(not_told, "Send Line Cancellation Notice", NOT_TOLD)
    _pick_short(process, PICKED_SHORT)
    _pick_short(process, WAITS_FOR_REST, "wait", "PIPE")
    gives_up = _pick_short(process, GAVE_UP_REST, "wait", "CORK")
    book(DeliveryIn(sku="CORK", quantity=1, reference="D-3", by="Jo"))
    assert fill_backorders() == [GAVE_UP_REST]
    assert gives_up.run(GAVE_UP_REST) == "picking-2"
    count(StockCountIn(sku="CORK", counted=2, reference="C-4", by="Kim"))
    _ship(process.another(), FROM_MAIN)
    elsewhere = _pick_short(process, PICKED_ELSEWHERE, "pick elsewhere", "DISH")
    _ship(elsewhere, PICKED_ELSEWHERE)
    _ship(process.another(), PICKED_ELSEWHERE, 2)
    _pick_short(process, CANCELLED_BY_DECISION, "cancel order")


def _lack_at_the_bench(process: Process) -> None:
    lacks = [{"sku": "LAMP", "quantity": 1, "why": "damaged"}]
    wrong = [{"sku": "LAMP", "quantity": 1, "why": "wrong", "instead": "RUG"}]
    for number, lacking in ((LACKING, lacks + wrong), (LACKED, lacks)):
        run = _come_to(process, number, _PICKED)
        run.answer("packing", number, parcels=[], lacking=lacking)
        assert run.run(number) == "short-pick-1"
    run.answer("short-pick", LACKED, decision="cancel line")
    _ship(run, LACKED)
    undone = _come_to(process, PICKING_UNDONE, _PICKED)
    task = "kind = 'picking' AND order_number"
    undo(rows(f"SELECT id FROM staff_task WHERE {task} = {PICKING_UNDONE}")[0][0], "Jo")
    assert undone.run(PICKING_UNDONE) == "picking-2"


def _scan(process: Process) -> None:
    _come_to(process, SCANNED, ("picking",))
    jo = Scanner(open_task_id("picking", SCANNED))
    jo.scan("barcode of LAMP", "PL-UNDO", *["barcode of LAMP"] * 3, "PL-SHORT-NOT-IN-BIN")
    finish_scanned_picking(jo.task_id, jo.take, jo.actor)


def _go_back(process: Process) -> None:
    going = _come_to(process, GOING_BACK, _PACKED)
    short = _pick_short(process, SHORT_GOING_BACK)
    back = _come_to(process, RESTOCK, _PICKED)
    lost = _come_to(process, LOST_IN_COMPENSATION, _PACKED)
    orders = (GOING_BACK, SHORT_GOING_BACK, RESTOCK, LOST_IN_COMPENSATION)
    for number, run in zip(orders, (going, short, back, lost), strict=True):
        _cancel(number)
        assert run.run(number) == "restock-1"
    back.answer("restock", RESTOCK)
    gone = [{"sku": "LAMP", "damaged": 1, "missing": 1}]
    what = "something is damaged or missing"
    lost.answer("restock", LOST_IN_COMPENSATION, outcome=what, lost=gone)
    assert lost.run(LOST_IN_COMPENSATION).startswith(f"Order {LOST_IN_COMPENSATION} is Cancelled")
    for number in (ALMOST_CANCELLED, CANCELLED_AT_ONCE, ASKED_TO_CANCEL):
        run = _come_to(process, number, ("picking",))
        _cancel(number)
        if number == ALMOST_CANCELLED:
            _dies_at(run, "Cancel Order", number)
        if number == CANCELLED_AT_ONCE:
            assert run.run(number).startswith(f"Order {number} is Cancelled")


def _be_late(process: Process) -> None:
    _come_to(process, ESCALATED, ("picking",))
    _come_to(process, REMINDED, _PICKED)
    late = f"order_number IN ({ESCALATED}, {REMINDED}) AND state = 'open'"
    execute(f"UPDATE staff_task SET due_at = now() - interval '9 days' WHERE {late}")
    remind_and_escalate()
    execute(
        "UPDATE staff_task SET reminded_at = reminded_at - interval '8 days', escalation_due_at ="
        f" now() - interval '7 days' WHERE order_number = {ESCALATED} AND state = 'open'"
    )
    remind_and_escalate()
    send_reminders()
    execute(f"UPDATE shipment SET run_id = NULL WHERE order_number = {ESCALATED}")


def _go_straight_on(process: Process) -> None:
    _ship(process.another(), IN_EUROS)
    assert process.another().run(WAITS_FOR_STOCK) == "shortage-1"
    _dies_at(process.another(), "Check Inventory Levels", JUST_CLAIMED)
    packed = _come_to(process, PACKED, _PACKED)
    for bad in (1, 2):
        packed.answers[f"carrier-pickup-{bad}"] = {"gate": "carrier-pickup"}
        assert packed.run(PACKED) == f"carrier-pickup-{bad + 1}"


def _count(process: Process) -> None:
    """A count finds too little, another too much, and a third what the books have."""
    run = _come_to(process, REGAINED, ("picking",))
    count(StockCountIn(sku="POT", counted=1, reference="C-1", by="Kim"))
    assert run.run(REGAINED) == "short-pick-1"
    book(DeliveryIn(sku="POT", quantity=5, reference="D-2", by="Jo"))
    assert REGAINED in fill_backorders()
    assert run.run(REGAINED) == "picking-2"
    found = {"sku": "JAR", "counted": 4, "by": "Kim", "warehouse": "YORK"}
    for reference in ("C-2", "C-3"):
        count(StockCountIn(**found, reference=reference))


def _know_another_carrier() -> None:
    """One whose book is not ours, and whose tracking numbers are not those of the post."""
    execute(
        f"""
        UPDATE shipping_label SET carrier = 'acme', tracking_number = 'ACME-1'
            WHERE order_number = {FROM_MAIN};
        UPDATE carrier_pickup SET carrier = 'acme' WHERE order_number = {FROM_MAIN};
        UPDATE shipment SET carrier = 'acme', tracking_number = 'ACME-1'
            WHERE order_number = {FROM_MAIN};
        DELETE FROM carrier_booking WHERE starts_with(key, 'order:{FROM_MAIN}:')
        """
    )
