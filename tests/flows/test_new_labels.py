"""An order goes elsewhere once its labels are bought: they are voided, and others bought, once."""

from threading import Barrier, Thread

import pytest
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from adapters.database.sessions import transaction
from adapters.mail.smtp import MailServerAway
from domain.errors import Unavailable
from domain.messages import said
from models.enums import HoldReason
from models.imports.requests import AddressIn, HoldIn
from services.execution.locks import locked_shipment
from services.orders.addresses import AddressSettled
from services.orders.splits import split as split_off
from services.worklist.tasks import TaskNotOpen
from tests.actors import (
    answer_task,
    change_address,
    put_on_hold,
    release,
    request_cancellation_of,
    someone,
)
from tests.families import mostly_slow
from tests.process import (
    assert_sound,
    dying_before_the_record_of,
    execute,
    form,
    open_task_id,
    rows,
)

VOID = "Void Outdated Labels"
AGAIN = (
    VOID,
    "Create Shipping Label",
    "Calculate Shipping Cost",
    "Update Order with Tracking Info",
    "Send Shipment Notification",
    "Dispatch Carrier Pickup",
)
"""The steps from calling a parcel back to asking for its pickup again."""


def move(number, line1="2 Quay", *, new_label=True, by="Max"):
    address = {"address_line1": line1, "city": "Hull", "postal_code": "HU1 1AA", "country": "GB"}
    return change_address(number, AddressIn(**address, by=by), new_label=new_label)


def bring_to_pickup(process, number, shipment=1):
    for gate in ("picking", "packing"):
        assert process.run(number, shipment) == f"{gate}-1"
        process.answer(gate, number)
    assert process.run(number, shipment) == "carrier-pickup-1"


def labels():
    return rows("SELECT key, state FROM shipping_label ORDER BY id")


def voided_in_book():
    return rows("SELECT key FROM carrier_booking WHERE voided_at IS NOT NULL ORDER BY key")


def tracking_numbers():
    return [number for (number,) in rows("SELECT tracking_number FROM shipping_label ORDER BY id")]


def assert_replaced_once(number, mail_server):
    key = f"order:{number}:label:1"
    assert labels() == [(key, "voided"), (f"{key}:2", "bought")]
    assert voided_in_book() == [(key,)]
    assert len(mail_server.mails) == 2
    assert rows("SELECT state FROM carrier_pickup") == [("collected",)]
    assert rows("SELECT tracking_number FROM shipment") == [(tracking_numbers()[1],)]
    assert_sound()


def test_the_label_is_voided_and_another_bought(process, number, mail_server):
    bring_to_pickup(process, number)
    assert move(number).new_labels == (1,)
    assert process.run(number) == "carrier-pickup-2"
    process.answer("carrier-pickup", number)
    assert process.run(number) == f"Order {number} is Shipped."
    assert_replaced_once(number, mail_server)
    assert tuple(process.ran[-7:-1]) == AGAIN


def test_the_customer_is_told_the_new_number_and_that_the_old_one_is_void(
    process, number, mail_server
):
    bring_to_pickup(process, number)
    move(number)
    process.run(number)
    before, after = tracking_numbers()
    mail = mail_server.mails[-1]
    assert mail["Subject"].startswith(f"New tracking for your order {number}")
    for part in ("plain", "html"):
        text = mail.get_body((part,)).get_content()
        assert after in text
        assert f"No longer used: {before}." in text
        assert "2 Quay" in text


def test_the_new_task_says_what_to_do_with_the_parcel(process, number):
    bring_to_pickup(process, number)
    move(number)
    process.run(number)
    before, after = tracking_numbers()
    assert f"Take off the old labels ({before})" in process.description
    assert after in process.description


def test_nobody_hands_over_what_was_called_back(process, number):
    bring_to_pickup(process, number)
    task_id = open_task_id("carrier-pickup")
    move(number)
    with pytest.raises(TaskNotOpen, match=r"called back by Max.*Keep them here"):
        answer_task(task_id, form("carrier-pickup"))
    process.answers["carrier-pickup-1"] = form("carrier-pickup")
    assert process.run(number) == "carrier-pickup-2"
    assert rows("SELECT status FROM sales_order") == [("Processing",)]
    assert_sound()


def test_a_label_is_only_replaced_for_who_says_so(process, number):
    bring_to_pickup(process, number)
    with pytest.raises(AddressSettled, match="`--new-label` voids it"):
        move(number, new_label=False)
    assert process.run(number) == "carrier-pickup-1"
    assert [state for _, state in labels()] == ["bought"]


def test_asked_twice_it_happens_once(process, number, mail_server):
    bring_to_pickup(process, number)
    move(number)
    assert move(number).again
    process.run(number)
    assert move(number).again
    process.answer("carrier-pickup", number)
    process.run(number)
    assert_replaced_once(number, mail_server)


def test_an_order_that_moves_twice_has_its_label_replaced_twice(process, number):
    bring_to_pickup(process, number)
    move(number)
    process.meanwhile["Send Shipment Notification"] = lambda: move(number, "3 Quay")
    assert process.run(number) == "carrier-pickup-3"
    assert [state for _, state in labels()] == ["voided", "voided", "bought"]
    process.answer("carrier-pickup", number)
    process.run(number)
    assert_sound()


@pytest.mark.parametrize("step", AGAIN[2:])
def test_a_parcel_on_its_way_to_the_pickup_is_called_back_from_there(process, number, step):
    for gate in ("picking", "packing"):
        process.run(number)
        process.answer(gate, number)
    process.meanwhile[step] = lambda: move(number)
    assert process.run(number) == "carrier-pickup-2"
    assert rows(
        "SELECT round, state, answered_by FROM staff_task WHERE kind = 'carrier-pickup'"
    ) == [
        (1, "done", "Packline"),
        (2, "open", None),
    ]
    process.answer("carrier-pickup", number)
    process.run(number)
    assert_sound()


def test_a_label_that_was_bought_in_that_instant_is_replaced(process, number, mail_server):
    for gate in ("picking", "packing"):
        process.run(number)
        process.answer(gate, number)
    with dying_before_the_record_of("Create Shipping Label"), pytest.raises(SQLAlchemyError):
        process.run(number)
    assert labels() == [(f"order:{number}:label:1", "wanted")]
    move(number)
    process.ship(number)
    assert_replaced_once(number, mail_server)


def test_while_the_mail_server_is_away_the_label_waits_to_be_replaced(process, number, mail_server):
    for gate in ("picking", "packing"):
        process.run(number)
        process.answer(gate, number)
    process.fail["Send Shipment Notification"] = MailServerAway("gone")
    with pytest.raises(Unavailable):
        process.run(number)
    move(number)
    process.ship(number)
    assert_replaced_once(number, mail_server)


@pytest.mark.parametrize(
    "step", mostly_slow([*AGAIN, "gate: carrier-pickup"], but=(VOID, "Create Shipping Label"))
)
def test_whatever_dies_the_label_is_replaced_once(process, number, mail_server, step):
    bring_to_pickup(process, number)
    if step.startswith("gate"):
        with dying_before_the_record_of(step), pytest.raises(SQLAlchemyError):
            move(number)
    move(number)
    if step in AGAIN:
        with dying_before_the_record_of(step), pytest.raises(SQLAlchemyError):
            process.run(number)
    process.ship(number)
    assert_replaced_once(number, mail_server)


def test_an_order_on_hold_for_its_address_gets_its_label_after_the_release(
    process, number, mail_server
):
    bring_to_pickup(process, number)
    put_on_hold(number, HoldIn(reason=HoldReason.BAD_ADDRESS, note="", by="Max"))
    move(number)
    assert process.run(number).startswith("hold-")
    assert [state for _, state in labels()] == ["bought"]
    release(number, "Max")
    process.run(number)
    process.ship(number)
    assert_replaced_once(number, mail_server)


@pytest.mark.parametrize(
    "stop_at", mostly_slow([None, *AGAIN], but=(None, "Create Shipping Label"))
)
def test_it_can_be_cancelled_at_any_time(process, number, stop_at):
    bring_to_pickup(process, number)
    move(number)
    cancel = lambda: request_cancellation_of(number, "no longer wanted", "Max")  # noqa: E731
    if stop_at is None:
        cancel()
    else:
        process.meanwhile[stop_at] = cancel
    assert process.run(number) == "restock-1"
    process.answer("restock", number)
    process.run(number)
    assert rows("SELECT status FROM sales_order") == [("Cancelled",)]
    assert {state for _, state in labels()} == {"voided"}
    assert_sound()


def test_of_a_split_order_what_the_carrier_has_goes_where_it_was_sent(process, number):
    with transaction() as session:
        split_off(
            session,
            locked_shipment(session, number),
            {"MUG": 2},
            said("asked for"),
            actor=someone("Max"),
        )
    process.ship(number)
    second = process.another()
    bring_to_pickup(second, number, 2)
    assert move(number).new_labels == (2,)
    assert second.run(number, 2) == "carrier-pickup-2"
    second.answer("carrier-pickup", number)
    second.run(number, 2)
    assert [state for _, state in labels()] == ["bought", "voided", "bought"]
    assert_sound()


def test_what_was_collected_goes_nowhere_else(process, number):
    bring_to_pickup(process, number)
    process.answer("carrier-pickup", number)
    with pytest.raises(AddressSettled, match="is with the carrier"):
        move(number)
    process.run(number)
    with pytest.raises(AddressSettled, match="is Shipped"):
        move(number)


def test_the_database_ships_nothing_to_an_address_that_has_changed(process, number):
    process.ship(number)
    with pytest.raises(IntegrityError, match="shipped_to_its_address"):
        execute("UPDATE shipment SET address_changed = true")


def test_collecting_and_calling_back_at_once_one_of_them_happens(process, number, mail_server):
    bring_to_pickup(process, number)
    task_id, together, ends = open_task_id("carrier-pickup"), Barrier(2), []

    def attempt(action):
        together.wait()
        try:
            action()
            ends.append("done")
        except (TaskNotOpen, AddressSettled) as too_late:
            ends.append(str(too_late))

    actions = (lambda: answer_task(task_id, form("carrier-pickup")), lambda: move(number))
    threads = [Thread(target=attempt, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends.count("done") == 1
    process.ship(number)
    assert rows("SELECT status FROM sales_order") == [("Shipped",)]
    assert_sound()
