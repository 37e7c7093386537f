"""Pickup: parcels of a departure are scanned or ticked, and collected with one confirmation."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.database.sessions import transaction
from models.enums import HoldReason, Role
from models.imports.requests import HoldIn
from tests.actors import put_on_hold, request_cancellation_of
from tests.console.web.conftest import text_of
from tests.factories import make_order
from tests.process import PARCELS, assert_sound, execute, open_task_id, process, rows

__all__ = ["process"]

HIDDEN = re.compile(r'type="hidden" name="(carrier|warehouse|at|form_token)" value="([^"]*)"')
TASK = re.compile(r'name="task" value="(\d+)"')


@pytest.fixture
def runs(shop, console, process):
    """Three orders that wait for their carrier, the last of them with two parcels."""
    with transaction() as session:
        numbers = [make_order(session, {"MUG": 2}) for _ in range(3)]
    processes = {}
    for number in numbers:
        processes[number] = run = process.another()
        assert run.run(number) == "picking-1"
        run.answer("picking", number)
        run.run(number)
        parcels = PARCELS * (2 if number == numbers[-1] else 1)
        run.answer("packing", number, parcels=parcels)
        assert run.run(number) == "carrier-pickup-1"
    return processes


@pytest.fixture
def numbers(runs):
    return list(runs)


@pytest.fixture
def lee(sign_in, runs):
    return sign_in("Lee", Role.LOGISTICS_COORDINATOR)


def parcels(number):
    found = rows(
        f"SELECT tracking_number FROM shipping_label WHERE order_number = {number}"
        " AND state = 'bought' ORDER BY parcel"
    )
    return [one for (one,) in found]


def departs(number, at="2026-11-27 16:00+00"):
    execute(f"UPDATE shipment SET departs_at = '{at}' WHERE order_number = {number}")


class Ramp:
    """The page of a departure, as a browser without JavaScript has it."""

    def __init__(self, person, link=0):
        self.person = person
        links = re.findall(r'href="(/pickup/departure[^"]+)"', person.get("/pickup").text)
        self.html = person.get(links[link].replace("&amp;", "&")).text

    def send(self, path, **fields):
        """Send a form of the page; returns what the browser shows then."""
        given = dict(HIDDEN.findall(self.html)) | {"task": TASK.findall(self.html)} | fields
        answer = self.person.browser.post(f"/pickup/{path}", data=given)
        self.html = answer.text
        return text_of(answer)

    def load(self, *codes):
        return [self.send("load", code=code) for code in codes][-1]

    def collect(self, scope="loaded", number="C-7", **more):
        return self.send("collect", scope=scope, confirmation_number=number, **more)


def collected():
    return rows(
        "SELECT order_number, confirmation_number FROM carrier_pickup"
        " WHERE state = 'collected' ORDER BY 1"
    )


def test_parcels_are_listed_by_departure_and_without_one_last(lee, numbers):
    departs(numbers[1])
    text = text_of(lee.get("/pickup"))
    at, none = text.index("27 Nov 16:00 0 of 1 on board"), text.index("without a departure")
    assert at < none
    assert "0 of 3 on board" in text[none:]


def test_a_scanned_parcel_is_on_board_and_stays_so(lee, numbers):
    page, [number] = Ramp(lee), parcels(numbers[0])
    assert f"On board: {number} (1 of 4)." in page.load(number)
    assert "1 of 4 on board" in text_of(lee.get("/pickup"))
    assert re.search(rf"✓ {number} order {numbers[0]}, since \d\d:\d\d, Lee", page.load("x"))
    assert re.search(rf"On board since .*: {number} \(Lee\)", page.load(number))
    assert rows("SELECT count(*) FROM loaded_parcel") == [(1,)]


def test_a_code_is_taken_as_people_type_it(lee, numbers):
    page, [number] = Ramp(lee), parcels(numbers[0])
    typed = " ".join([number[:2], number[2:5], number[5:]]).lower()
    assert "On board" in page.load(f" {typed}")
    assert rows("SELECT count(*) FROM loaded_parcel") == [(1,)]


def test_what_does_not_belong_on_board_is_said_and_not_loaded(lee, numbers):
    departs(numbers[1])
    page, [number] = Ramp(lee, link=0), parcels(numbers[0])
    text = page.load(number)
    assert re.search(f"Leave {number}: it goes with .*, MAIN, without a departure", text)
    assert "no parcel has nonsense" in page.load("nonsense")
    assert "no parcel has" in page.load("")
    assert rows("SELECT count(*) FROM loaded_parcel") == [(0,)]


def test_a_parcel_of_a_held_order_is_laid_aside(lee, numbers):
    put_on_hold(numbers[0], HoldIn(reason=HoldReason.FRAUD_CHECK, by="Max"))
    [number] = parcels(numbers[0])
    text = Ramp(lee).load(number)
    assert f"Lay {number} aside: order {numbers[0]} is on hold" in text
    assert "lay aside: order" in text
    assert rows("SELECT count(*) FROM loaded_parcel") == [(0,)]


def test_what_is_cancelled_on_board_is_to_be_taken_off(lee, numbers, runs):
    page, [number] = Ramp(lee), parcels(numbers[0])
    page.load(number)
    request_cancellation_of(numbers[0], "changed their mind", "Max")
    runs[numbers[0]].run(numbers[0])
    text = text_of(lee.get("/pickup"))
    assert f"Take off again: these are on board and must not leave. {number}" in text
    assert f"Lay {number} aside" in page.load(number)
    assert f"Taken off again: {number}" in page.send("unload", code=number)
    assert "Take off again" not in text_of(lee.get("/pickup"))
    assert_sound()


def test_what_is_on_board_is_collected_and_the_rest_stays_open(lee, numbers, runs):
    page = Ramp(lee)
    [first], [second], several = map(parcels, numbers)
    page.load(first, several[0])
    text = page.collect()
    assert "Collected: one order goes on, with confirmation C-7." in text
    assert f"not all of its parcels are on board: order {numbers[2]}" in text
    assert collected() == [(numbers[0], "C-7")]
    assert "1 of 3 on board" in text
    assert "All 3 are there" in page.load(second, several[1])
    assert "Collected: 2 orders go on" in page.collect(number="C-8")
    assert "Nothing waits for this departure any more" in text_of(
        lee.get("/pickup/departure?carrier=house&warehouse=MAIN")
    )
    assert [process.run(number) for number, process in runs.items()]
    assert rows("SELECT DISTINCT status FROM shipment") == [("Shipped",)]
    assert_sound()


def test_all_are_collected_at_a_time_that_is_given(lee, numbers):
    assert "Collected: 3 orders go on" in Ramp(lee).collect("all")
    assert [number for number, _ in collected()] == numbers
    by = rows(
        "SELECT DISTINCT answered_by, answered_through FROM staff_task"
        " WHERE kind = 'carrier-pickup'"
    )
    assert by == [("Lee", "console")]


def test_what_came_to_the_page_since_is_not_meant(lee, numbers):
    departs(numbers[0])
    page = Ramp(lee, link=1)
    execute("UPDATE shipment SET departs_at = NULL")
    page.collect("all")
    assert [number for number, _ in collected()] == numbers[1:]


def test_a_refused_one_says_why_and_does_not_stop_the_others(lee, numbers):
    execute(
        "UPDATE shipping_label SET bought_at = bought_at + interval '2 hours'"
        f" WHERE order_number = {numbers[1]}"
    )
    text = Ramp(lee).collect("all")
    assert "Collected: 2 orders go on" in text
    assert re.search(rf"label.* order {numbers[1]}", text)
    assert [number for number, _ in collected()] == [numbers[0], numbers[2]]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"number": " "}, "confirmation number"),
        ({"collected_at": "later"}, "later"),
        ({"collected_at": "2099-01-01 10:00"}, "01 Jan 10:00"),
        ({"task": ["x", "0", "9" * 30]}, "no task"),
    ],
)
def test_nothing_is_collected_where_an_answer_is_wrong(lee, fields, says):
    assert says in Ramp(lee).collect("all", **fields)
    assert collected() == []


def test_with_nothing_on_board_nothing_is_collected(lee):
    assert "No order is on board" in Ramp(lee).collect()
    assert collected() == []


def test_pressed_twice_it_is_collected_once(lee, numbers):
    page = Ramp(lee)
    stale = page.html
    page.collect("all")
    page.html = stale
    assert "Collected: 3 orders go on, with confirmation C-7" in page.collect("all")
    page.html = stale
    assert "Lee" in page.collect("all", number="C-9")
    assert {number for _, number in collected()} == {"C-7"}


def test_of_two_people_one_is_accepted(sign_in, lee, numbers):
    kay = sign_in("Kay", Role.LOGISTICS_COORDINATOR)
    pages = [(Ramp(lee), "C-1"), (Ramp(kay), "C-2")]
    with ThreadPoolExecutor(2) as both:
        texts = list(both.map(lambda one: one[0].collect("all", number=one[1]), pages))
    assert len(collected()) == 3
    events = rows(
        "SELECT count(*) FROM audit_event WHERE kind = 'answered'"
        " AND values ->> 'gate' = 'carrier-pickup'"
    )
    assert events == [(3,)]
    done = [int(count) for text in texts for count in re.findall(r"Collected: (\d) orders", text)]
    done += [1 for text in texts if "Collected: one order" in text]
    assert sum(done) == 3
    assert_sound()


def test_two_scan_one_parcel_at_once(sign_in, lee, numbers):
    kay = sign_in("Kay", Role.LOGISTICS_COORDINATOR)
    [number] = parcels(numbers[0])
    pages = [Ramp(lee), Ramp(kay)]
    with ThreadPoolExecutor(2) as both:
        texts = list(both.map(lambda page: page.load(number), pages))
    assert sorted("On board since" in text for text in texts) == [False, True]
    assert rows("SELECT count(*) FROM loaded_parcel") == [(1,)]


def test_a_carrier_that_never_came_is_told_once_and_moves_nothing(sign_in, lee, numbers):
    page = Ramp(lee)
    assert "The operators see it" in page.send("missed", note="van broke down")
    page.send("missed", note="van broke down")
    told = rows(
        "SELECT event.actor, note.text FROM audit_event AS event JOIN note ON note.id ="
        " event.note_id WHERE kind = 'pickup-missed'"
    )
    assert told == [("Lee", "van broke down")] * 3
    assert open_task_id("carrier-pickup", numbers[0])
    assert "did not come: Lee" in text_of(lee.get("/pickup"))
    work = text_of(sign_in("Max", Role.OPERATOR).get("/work"))
    assert "did not come: Lee" in work
    assert "Collected: 3 orders go on" in Ramp(lee).collect("all")
    assert_sound()


def test_a_label_that_was_replaced_is_to_come_off(lee, numbers):
    execute(
        "UPDATE staff_task SET checklist = jsonb_set(checklist, '{replaced}', '[\"OLD-1\"]')"
        f" WHERE kind = 'carrier-pickup' AND order_number = {numbers[0]}"
    )
    assert f"order {numbers[0]} old label off: OLD-1" in text_of(
        lee.get("/pickup/departure?carrier=house&warehouse=MAIN")
    )


def test_pickup_is_for_coordinators_of_that_warehouse(sign_in, runs):
    assert sign_in("Pat", Role.PACKER).get("/pickup").status_code == 403
    far = sign_in("Far", Role.LOGISTICS_COORDINATOR, warehouses=("MAIN",))
    assert "on board" in text_of(far.get("/pickup"))
    answer = far.get("/pickup/departure?carrier=house&warehouse=OTHER")
    assert answer.status_code == 404
    for wrong in ("carrier=x", "carrier=house&at=now", ""):
        assert far.get(f"/pickup/departure?{wrong}").status_code == 404


def test_a_departure_may_have_thousands_of_tasks(sign_in):
    lee = sign_in("Lee", Role.LOGISTICS_COORDINATOR)
    sent = {"carrier": "house", "warehouse": "MAIN", "confirmation_number": "C-1"}
    answer = lee.post("/pickup/collect", **sent, task=[str(n) for n in range(1, 5001)])
    assert "No order is on board" in text_of(answer)


def test_the_page_reads_german(lee, numbers):
    lee.post("/account/language", language="de")
    page, [number] = Ramp(lee), parcels(numbers[0])
    assert f"Verladen: {number} (1 von 4)." in page.load(number)
    assert "Abgeholt: Ein Auftrag geht weiter" in page.collect()
