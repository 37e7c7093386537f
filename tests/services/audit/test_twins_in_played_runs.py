"""Whatever is played, rules in code and their twins in the audit's SQL agree on it."""

import pytest
from sqlmodel import select

from adapters.database.sessions import transaction
from adapters.settings import settings as packline
from domain.messages import said
from domain.shop_days import shop_day
from domain.splits import CannotSplit
from models.base import utc_now
from models.enums import HoldReason, LackingReason, ShortPickReason
from models.imports.requests import AddressIn, HoldIn
from models.imports.stock import StockCountIn
from models.process import COMPENSATION_STEPS
from models.tables.packing import ParcelItem
from models.tables.shipping import ShippingLabel
from services.execution.errors import AnswerRefused
from services.execution.locks import locked_shipment
from services.orders.splits import split
from services.reminders.late_tasks import ESCALATION, REMINDER, remind_and_escalate
from tests.actors import (
    change_address,
    count,
    put_on_hold,
    release,
    request_cancellation_of,
    undo,
)
from tests.factories import make_order
from tests.process import PARCELS as STAFF_PARCELS
from tests.process import Process, execute, rows
from tests.services.answers.test_undo import last_picking
from tests.services.audit.twins import HELD, holds, sound

pytestmark = pytest.mark.lengthy

__all__ = ["HELD"]


def to_the_pickup(process: Process, lines: dict[str, int] | None = None) -> int:
    """An order whose parcels wait for the carrier; each gate of its way is looked at."""
    with transaction() as session:
        number = make_order(session, lines)
    for kind in ("picking", "packing"):
        assert process.run(number) == f"{kind}-1"
        assert sound(*WHERE_IT_STANDS)
        process.answer(kind, number)
    assert process.run(number) == "carrier-pickup-1"
    assert sound(*WHERE_IT_STANDS)
    return number


WHERE_IT_STANDS = (
    "a shipment's status is what its ledger says",
    "a shipment's tracking number is its first label's",
    "open tasks are where their order's stock is",
    "each piece ordered travels with one shipment or is cancelled",
    "nothing is moved or cancelled once it is with the packers",
)


@holds(*WHERE_IT_STANDS)
def test_wherever_a_run_is_played_to_its_order_stands_where_the_ledger_says(process):
    with transaction() as session:
        whole = make_order(session, {"MUG": 2, "PLATE": 1})
        split(session, locked_shipment(session, whole), {"PLATE": 1}, said("the plate follows"))
    assert process.another().run(whole, 2) == "picking-1"
    assert sound(*WHERE_IT_STANDS)
    number = to_the_pickup(process, {"MUG": 3})
    with transaction() as session, pytest.raises(CannotSplit, match="packers"):
        split(session, locked_shipment(session, number), {"MUG": 1}, said("too late"))
    process.answer("carrier-pickup", number)
    assert process.run(number) == f"Order {number} is Shipped."
    assert sound(*WHERE_IT_STANDS)


RELABELLED = "labels are replaced as often as their parcels were called back"


@holds(RELABELLED)
def test_labels_are_counted_the_same_by_both(process):
    number = to_the_pickup(process)
    for street in ("2 Mill Lane", "3 Mill Lane"):
        change_address(number, an_address(street), new_label=True)
        assert process.run(number).startswith("carrier-pickup-")
        assert sound(RELABELLED)
    assert rows("SELECT label_version FROM shipment") == [(3,)]


def an_address(street: str) -> AddressIn:
    return AddressIn(
        address_line1=street,
        city="Leeds",
        postal_code="LS1 4AP",
        country="GB",
        by="Max",
    )


COUNTED = "what a count found more or less is moved once"


@holds(COUNTED)
def test_a_count_moves_the_same_for_both(shop):
    for place, counted in enumerate((10, 7, 0, 25, 25, 1)):
        count(StockCountIn(sku="MUG", counted=counted, reference=f"count:{place}", by="Kim"))
        assert sound(COUNTED)
    assert rows("SELECT count(*) FROM stock_movement WHERE kind = 'adjusted'") == [(4,)]


WRITTEN_OFF = "what a picker did not find left the stock once, with the answer"
WAITS = "orders that wait for stock want each line"
REASONS = list(ShortPickReason)


@holds(WRITTEN_OFF, WAITS)
@pytest.mark.parametrize("why", REASONS)
def test_whatever_a_picker_says_is_missing_moves_the_same_for_both(process, why):
    with transaction() as session:
        number = make_order(session, {"MUG": 3, "PLATE": 4})
    process.run(number)
    listed = [{"sku": "PLATE", "quantity": 1, "why": why}]
    outcome = "too few of these, the rest as listed"
    process.answer("picking", number, outcome=outcome, found=listed)
    assert sound(WRITTEN_OFF, WAITS)
    moved = rows("SELECT quantity FROM stock_movement WHERE reference LIKE '%:picking:1'")
    assert moved == [(-3,)]


LACKED = "what a packer lacks left the stock once, with the answer"


@holds(LACKED)
@pytest.mark.parametrize("why", list(LackingReason))
def test_whatever_a_packer_lacks_moves_the_same_for_both(process, why):
    with transaction() as session:
        number = make_order(session, {"MUG": 3, "PLATE": 4})
    process.run(number)
    process.answer("picking", number)
    process.run(number)
    lacking = [{"sku": "PLATE", "quantity": 3, "why": why}]
    process.answer("packing", number, parcels=[], lacking=lacking)
    assert sound(LACKED, WAITS)
    moved = rows("SELECT quantity FROM stock_movement WHERE reference LIKE '%:packing:1'")
    assert moved == ([] if why == LackingReason.WRONG else [(-3,)])


PARCELS = "parcels hold what their shipment sends"


@holds(PARCELS)
@pytest.mark.parametrize(
    ("held", "fits"),
    [
        (({"MUG": 2}, {"MUG": 1, "PLATE": 4}), True),
        (({"MUG": 2}, {"PLATE": 4}), False),
        (({"MUG": 3}, {"PLATE": 4, "MUG": 1}), False),
    ],
)
def test_what_parcels_hold_is_looked_at_the_same_by_both(process, held, fits):
    with transaction() as session:
        number = make_order(session, {"MUG": 3, "PLATE": 4})
    process.run(number)
    process.answer("picking", number)
    process.run(number)
    parcels = [STAFF_PARCELS[0] | {"items": items} for items in held]
    if not fits:
        with pytest.raises(AnswerRefused):
            process.answer("packing", number, parcels=parcels)
        process.answer("packing", number, parcels=STAFF_PARCELS * 2)
    else:
        process.answer("packing", number, parcels=parcels)
    process.run(number)
    with transaction() as session:
        for label in session.exec(select(ShippingLabel)).all() if not fits else ():
            for sku, pieces in held[label.parcel - 1].items():
                session.add(ParcelItem(label=label.id, sku=sku, pieces=pieces))
    assert sound(PARCELS) == fits


UNDONE = "who packs what was picked by mistake is called back, each time"


@holds(UNDONE)
@pytest.mark.parametrize(("before_the_run", "asked_to_pack"), [(0, True), (1, False), (2, True)])
def test_whoever_undoes_a_picking_calls_back_as_often_for_both(
    process, before_the_run, asked_to_pack
):
    with transaction() as session:
        number = make_order(session, {"MUG": 3})
    process.run(number)
    process.answer("picking", number)
    for _ in range(before_the_run):
        undo(last_picking(), "Jo")
        assert sound(UNDONE)
        process.answer("picking", number)
    process.run(number)
    if asked_to_pack:
        undo(last_picking(), "Jo")
        assert sound(UNDONE)
        assert process.run(number) == f"picking-{before_the_run + 2}"
    assert process.ship(number) == f"Order {number} is Shipped."
    assert sound(UNDONE)


RESTOCK = "what came back of a cancelled order is booked in once"


@holds(RESTOCK)
@pytest.mark.parametrize(
    ("packed", "damaged", "missing"), [(False, 0, 0), (False, 1, 1), (True, 1, 1), (True, 0, 3)]
)
def test_whatever_comes_back_moves_the_same_for_both(process, packed, damaged, missing):
    with transaction() as session:
        number = make_order(session, {"MUG": 3, "PLATE": 1})
    for kind in ("picking", "packing")[: 1 + packed]:
        process.run(number)
        process.answer(kind, number)
    process.run(number)
    request_cancellation_of(number, "changed their mind", "Max")
    assert process.run(number) == "restock-1"
    lost = [{"sku": "MUG", "damaged": damaged, "missing": missing}]
    outcome = {"outcome": "something is damaged or missing", "lost": lost}
    process.answer("restock", number, **(outcome if damaged or missing else {}))
    assert sound(RESTOCK)
    process.run(number)
    assert sound(RESTOCK)
    assert rows("SELECT on_hand FROM product WHERE sku = 'MUG'") == [(10 - damaged - missing,)]


ON_HOLD = "the tasks of orders on hold wait, and no others"


@holds(ON_HOLD)
def test_tasks_are_held_for_both(process):
    with transaction() as session:
        number, other = make_order(session), make_order(session)
    process.run(number)
    process.another().run(other)
    put_on_hold(number, HoldIn(reason=HoldReason.OTHER, note="", by="Max"))
    assert sound(ON_HOLD)
    assert rows("SELECT count(*) FROM staff_task WHERE state = 'held'") == [(1,)]
    release(number, "Max")
    assert sound(ON_HOLD)


LATE = "late tasks and the mails that tell of them agree"


@holds(LATE)
def test_late_tasks_and_their_mails_are_told_the_same_by_both(process):
    with transaction() as session:
        number = make_order(session)
    process.run(number)
    for due in ("due_at", "escalation_due_at"):
        execute(f"UPDATE staff_task SET {due} = opened_at - interval '1 day'")
        assert remind_and_escalate() == 1
        assert sound(LATE)
    mails = rows("SELECT split_part(key, ':', 1), count(*) FROM message GROUP BY 1 ORDER BY 1")
    assert mails == [(ESCALATION, 1), (REMINDER, 1)]


REVISED = "daily summaries are the latest that the ledger has"


@holds(REVISED)
def test_a_day_that_is_summed_up_again_is_revised_for_both(process):
    day = shop_day(utc_now(), packline().zone_info)
    for revision in (1, 2):
        process.another().sum_up(day)
        assert sound(REVISED)
        assert rows("SELECT revision FROM daily_summary") == [(revision,)]


def test_a_played_compensation_leaves_the_records_of_the_list_in_its_order(process):
    number = to_the_pickup(process)
    request_cancellation_of(number, "changed their mind", "Max")
    assert process.run(number) == "restock-1"
    process.answer("restock", number)
    process.run(number)
    ledger = rows(f"SELECT step FROM step_record WHERE subject = 'order:{number}' ORDER BY at")
    assert [step for (step,) in ledger if step in COMPENSATION_STEPS] == list(COMPENSATION_STEPS)
