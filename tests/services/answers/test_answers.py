"""What a person's answer must be like, and what becomes of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import psycopg
import pytest
from sqlmodel import select

from adapters.database.notifications import RUNS_CHANNEL
from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.messages import said
from models.base import utc_now
from models.enums import TaskKind
from models.results.checklists import PickingChecklist
from models.results.work import Packed
from models.tables.ledger import StepRecord
from models.tables.shipping import CarrierPickup, ShippingLabel
from models.tables.staff import StaffTask
from services.answers.submit import store_answer
from services.execution.errors import AnswerRefused
from services.worklist.gates import GATES, gate_round_of, pause_key
from services.worklist.tasks import TaskNotOpen, ask_again, open_task
from tests.actors import answer_task
from tests.factories import (
    make_label,
    make_order,
    make_pickup,
    make_product,
    make_tariffs,
    the_shipment,
)
from tests.process import ANSWERS, everything, execute, form, rows, set_to

PARCEL = {"weight_grams": 4000, "length_mm": 200, "width_mm": 150, "height_mm": 100}


@pytest.fixture
def order(session):
    """An order of two mugs and a plate, labelled an hour ago; its goods weigh 1,100 g."""
    return stand_by(session)


@pytest.fixture
def number(database):
    """The same, committed."""
    with transaction() as session:
        return stand_by(session).order_number


def stand_by(session):
    make_tariffs(session)
    make_product(session, "MUG")
    make_product(session, "PLATE", weight_grams=500)
    number = make_order(session, {"MUG": 2, "PLATE": 1})
    make_label(session, number)
    make_pickup(session, number)
    return the_shipment(session, number)


def waiting_task(number, kind):
    with transaction() as session:
        return open_task(session, the_shipment(session, number), kind).id


def fill_in(session, order, kind, answer):
    """The form in Prefect's UI, sent."""
    open_task(session, order, kind)
    return store_answer(session, order, GATES[TaskKind(kind)], 1, answer)


def missing(*found):
    """Something is missing, and each product of the list has its count."""
    return form("picking", outcome="something is missing", found=list(found))


def too_few(*found):
    """Of these there were too few, and the rest is as listed."""
    return form("picking", outcome="too few of these, the rest as listed", found=list(found))


def parcels(*given):
    return form("packing", parcels=[PARCEL | parcel for parcel in given])


def ago(**time):
    return (utc_now() - timedelta(**time)).isoformat()


WRONG = {
    "nothing filled in": (
        "picking",
        {},
        "Task is missing; Picked by is missing. Correct it and answer again.",
    ),
    "the form of another gate": ("picking", ANSWERS["packing"], "Task 'packing' is not 'picking'"),
    "no name": ("picking", form("picking", picked_by="  "), "Picked by is empty"),
    "a name of 10,000 letters": (
        "picking",
        form("picking", picked_by="x" * 10_000),
        "Picked by is 10,000 characters long, where 100 are allowed",
    ),
    "a name with a line break": (
        "picking",
        form("picking", picked_by="Jo\nBo"),
        "Picked by 'Jo\\nBo' holds a line break or another control character",
    ),
    "a name that a terminal obeys": (
        "picking",
        form("picking", picked_by="J\x9b31mo\x7f"),
        "Picked by 'J\\x9b31mo\\x7f' holds a line break or another control character",
    ),
    "a reason to cancel that a terminal obeys": (
        "packing",
        form("packing", cancel="a\nb\x1b]0;x\x07"),
        "Cancel the order instead 'a\\nb\\x1b]0;x\\x07' holds a line break",
    ),
    "a note that a terminal obeys": (
        "shortage",
        form("shortage", note="\x1b[2J"),
        "Note '\\x1b[2J' holds a line break or another control character",
    ),
    "a field nobody asked for": (
        "picking",
        form("picking", **{"colour": 1}),
        "'colour' is not a field that Packline knows",
    ),
    "more than ordered": (
        "picking",
        missing({"sku": "MUG", "quantity": 3, "why": "not in bin"}),
        "You found 3 of MUG and the order has 2: put the rest back.",
    ),
    "less than nothing": (
        "picking",
        missing({"sku": "MUG", "quantity": -1, "why": "not in bin"}),
        "Found instead, item 1, Pieces found '-1' is less than 0",
    ),
    "a product of another order": (
        "picking",
        missing({"sku": "VASE", "quantity": 1, "why": "not in bin"}),
        "VASE is not in this order: it has MUG, PLATE; put it back.",
    ),
    "one product twice": (
        "picking",
        missing(
            {"sku": "MUG", "quantity": 1, "why": "not in bin"},
            {"sku": "MUG", "quantity": 0, "why": "not in bin"},
        ),
        "A product stands twice in your list",
    ),
    "something missing but nothing listed": (
        "picking",
        missing(),
        "You chose 'something is missing' and listed no product",
    ),
    "too few of nothing": (
        "picking",
        too_few(),
        "You chose 'too few of these, the rest as listed' and listed no product",
    ),
    "a line that nobody touched": (
        "picking",
        missing({"sku": "MUG", "quantity": 1, "why": "not in bin"}),
        "Your list says nothing of PLATE: add how many pieces you found of each, or, if all of"
        " those are there, choose 'too few of these, the rest as listed' (with `packline done`:"
        " --rest).",
    ),
    "fewer without a reason": (
        "picking",
        too_few({"sku": "MUG", "quantity": 1}),
        "You found 1 of 2 MUG: say why there are fewer, one of not in bin, damaged, wrong item,"
        " other.",
    ),
    "a reason that is none": (
        "picking",
        too_few({"sku": "MUG", "quantity": 1, "why": "because"}),
        "Why 'because' is not 'not in bin', 'damaged', 'wrong item' or 'other'",
    ),
    "all there and something listed": (
        "picking",
        form("picking", found=[{"sku": "MUG", "quantity": 1, "why": "not in bin"}]),
        "You chose 'all as listed' and also listed products",
    ),
    "text that Postgres cannot keep": (
        "picking",
        missing({"sku": "MUG\x00\ud800", "quantity": 1, "why": "not in bin"}),
        "is not in this order",
    ),
    "no parcel": ("packing", parcels(), "List each closed parcel"),
    "a hundred parcels": ("packing", parcels(*[{}] * 100), "Parcels holds more than 99 items"),
    "a weight of zero": (
        "packing",
        parcels({"weight_grams": 0}),
        "Parcels, item 1, Weight (g) '0' is not more than 0",
    ),
    "a weight in words": (
        "packing",
        parcels({"weight_grams": "heavy"}),
        "Parcels, item 1, Weight (g) 'heavy' is not a whole number",
    ),
    "no height": ("packing", parcels({"height_mm": 0}), "Height (mm) '0' is not more than 0"),
    "longer than a lorry": (
        "packing",
        parcels({}, {"length_mm": 5001}),
        "Parcels, item 2, Length (mm) '5001' is more than 5,000",
    ),
    "lighter than the goods": (
        "packing",
        parcels({"weight_grams": 1044}),
        "The goods alone weigh 1,100 g and the parcels together only 1,044 g",
    ),
    "heavier than the carrier takes": (
        "packing",
        parcels({}, {"weight_grams": 30_001}),
        "Parcel 2 weighs 30,001 g and the carrier takes at most 30,000 g",
    ),
    "heavier than the world": ("packing", parcels({"weight_grams": 10**30}), "takes at most"),
    "collected before the label": (
        "carrier-pickup",
        form("carrier-pickup", collected_at=ago(hours=2)),
        "is before the label was made",
    ),
    "collected in the future": (
        "carrier-pickup",
        form("carrier-pickup", collected_at=ago(hours=-2)),
        "is in the future",
    ),
    "collected before there were clocks": (
        "carrier-pickup",
        form("carrier-pickup", collected_at="0001-01-01T00:00:00Z"),
        "1 is not a year in which parcels are collected",
    ),
    "collected at the end of time": (
        "carrier-pickup",
        form("carrier-pickup", collected_at="9999-12-31T23:59:59-12:00"),
        "9999 is not a year in which parcels are collected",
    ),
    "collected some day": (
        "carrier-pickup",
        form("carrier-pickup", collected_at="some day"),
        "Collected at 'some day' is not a time such as 2026-11-23 16:05",
    ),
    "no confirmation number": (
        "carrier-pickup",
        form("carrier-pickup", confirmation_number=" "),
        "Confirmation number is empty",
    ),
    "a decision that is none": (
        "shortage",
        form("shortage", decision="hope"),
        "Decision 'hope' is not",
    ),
    "a short pick's form for a shortage": (
        "shortage",
        ANSWERS["short-pick"],
        "Task 'short-pick' is not",
    ),
    "nobody decided": ("short-pick", form("short-pick", decided_by=""), "Decided by is empty"),
}


@pytest.mark.parametrize(("kind", "answer", "error"), WRONG.values(), ids=WRONG.keys())
def test_a_form_that_breaks_a_rule_is_asked_for_again_with_the_reason(
    session, order, kind, answer, error
):
    outcome = fill_in(session, order, kind, answer)
    assert not outcome.accepted
    assert error in str(outcome.error)
    first, second = session.exec(
        select(StaffTask).where(StaffTask.kind == kind).order_by(StaffTask.round)
    )
    assert (first.state, second.state) == ("refused", "open")
    assert second.error == outcome.error.as_data()


@pytest.mark.parametrize(
    ("tolerance", "grams", "confirmed", "told"),
    [
        ("0.05", 1045, False, "1 parcel, 1,045 g, packed by Kim"),
        ("0.05", 1044, True, "1 parcel, 1,044 g where the catalogue says 1,100 g, packed by Kim"),
        ("0", 1099, True, "1 parcel, 1,099 g where the catalogue says 1,100 g, packed by Kim"),
        ("0", 1100, True, "1 parcel, 1,100 g, packed by Kim"),
        ("0.05", 1, True, "1 parcel, 1 g where the catalogue says 1,100 g, packed by Kim"),
    ],
)
def test_parcels_may_be_a_little_lighter_than_the_catalogue_says_or_confirmed(
    session, order, monkeypatch, tolerance, grams, confirmed, told
):
    set_to(monkeypatch, PACKLINE_WEIGHT_TOLERANCE=tolerance)
    answer = parcels({"weight_grams": grams}) | {"weight_confirmed": confirmed, "packed_by": "Kim"}
    outcome = fill_in(session, order, "packing", answer)
    assert outcome.accepted
    assert str(Packed.model_validate(outcome.answer).said()) == told


@pytest.mark.parametrize("case", ["more than ordered", "lighter than the goods", "no name"])
def test_a_wrong_answer_at_the_console_is_refused_and_nothing_is_stored(number, case):
    kind, answer, error = WRONG[case]
    task_id = waiting_task(number, kind)
    before = everything()
    with pytest.raises(AnswerRefused, match=error):
        answer_task(task_id, answer)
    assert everything() == before


def test_a_refused_form_leaves_nothing_of_itself_on_the_order(session, order):
    half_right = missing(
        {"sku": "MUG", "quantity": 1, "why": "not in bin"},
        {"sku": "PLATE", "quantity": 9, "why": "not in bin"},
    )
    fill_in(session, order, "picking", half_right)
    session.expire_all()
    assert [line.picked for line in order.lines] == [None, None]


def test_a_form_for_all_as_listed_picks_every_line_in_full(session, order):
    outcome = fill_in(session, order, "picking", form("picking"))
    assert outcome.answer["quantities"] == {"MUG": 2, "PLATE": 1}
    assert outcome.answer["missing"] == []
    assert [line.picked for line in order.lines] == [2, 1]


def test_a_product_that_was_found_in_full_after_all_is_not_missing(session, order):
    outcome = fill_in(
        session, order, "picking", too_few({"sku": "MUG", "quantity": 2, "why": "not in bin"})
    )
    assert outcome.answer["missing"] == []


def test_where_something_is_missing_each_line_is_counted_and_those_in_full_need_no_reason(
    session, order
):
    counts = missing(
        {"sku": "MUG", "quantity": 0, "why": "damaged"}, {"sku": "PLATE", "quantity": 1}
    )
    outcome = fill_in(session, order, "picking", counts)
    assert outcome.answer["quantities"] == {"MUG": 0, "PLATE": 1}
    assert [line.picked for line in order.lines] == [0, 1]


def test_the_rest_is_as_listed_where_the_picker_says_so(session, order):
    fill_in(session, order, "picking", too_few({"sku": "MUG", "quantity": 1, "why": "damaged"}))
    assert [line.picked for line in order.lines] == [1, 1]


def test_a_short_pick_opens_a_task_for_the_operator_that_says_what_is_short(session, order):
    fill_in(session, order, "picking", too_few({"sku": "MUG", "quantity": 0, "why": "not in bin"}))
    task = session.exec(select(StaffTask).where(StaffTask.kind == TaskKind.SHORT_PICK)).one()
    assert task.role == "operator"
    short = {"sku": "MUG", "wanted": 2, "available": 0, "why": "not in bin", "at_the_bench": []}
    assert task.checklist == {"shortages": [short], "waits": False}


def test_goods_may_weigh_exactly_what_the_catalogue_says(session, order):
    outcome = fill_in(session, order, "packing", parcels({"weight_grams": 1100}))
    assert outcome.accepted


def test_a_box_that_no_rate_covers_is_refused_before_its_label_is_bought(session, order):
    big = {"weight_grams": 3000, "length_mm": 600, "width_mm": 600, "height_mm": 500}
    outcome = fill_in(session, order, "packing", parcels(big))
    assert not outcome.accepted
    assert (outcome.error.code, outcome.error.field) == (
        "carrier-does-not-take-parcel",
        "parcels.0",
    )


def test_the_weight_of_the_goods_may_be_spread_over_parcels(session, order):
    given = parcels({"weight_grams": 600}, {"weight_grams": 500})
    outcome = fill_in(session, order, "packing", given)
    assert [parcel["weight_grams"] for parcel in outcome.answer["parcels"]] == [600, 500]


def test_a_collection_is_kept_with_its_confirmation_number(session, order):
    fill_in(session, order, "carrier-pickup", form("carrier-pickup", collected_at=ago(minutes=5)))
    pickup = session.exec(select(CarrierPickup)).one()
    assert (pickup.state, pickup.confirmation_number) == ("collected", "C-1")


def test_a_collection_in_the_minute_of_the_label_is_believed(session, order):
    """A form shows minutes: 12:00 is no lie about a label of 12:00:40."""
    labelled = session.exec(select(ShippingLabel.bought_at)).one()
    minute = labelled.replace(second=0, microsecond=0)
    given = form("carrier-pickup", collected_at=minute.isoformat())
    assert fill_in(session, order, "carrier-pickup", given).accepted


def test_a_time_without_a_zone_is_read_off_the_shops_clock(monkeypatch, session, order):
    set_to(monkeypatch, PACKLINE_TIME_ZONE="Asia/Tokyo")
    clock = (utc_now() + timedelta(hours=9, minutes=-5)).replace(tzinfo=None)
    given = form("carrier-pickup", collected_at=clock.isoformat())
    outcome = fill_in(session, order, "carrier-pickup", given)
    collected = datetime.fromisoformat(outcome.answer["collected_at"])
    assert utc_now() - collected == pytest.approx(timedelta(minutes=5), abs=timedelta(minutes=1))


def test_an_answer_that_was_taken_is_in_the_ledger_before_any_flow_acts_on_it(number):
    task_id = waiting_task(number, "picking")
    task = answer_task(task_id, form("picking", picked_by="Jo"))
    assert (task.state, task.answered_by, task.answered_through) == ("done", "Jo", "command line")
    with transaction() as session:
        record = session.get(StepRecord, (f"order:{number}", "gate: picking", 1))
    assert record.result["accepted"] is True
    assert record.result["answer"]["picked_by"] == "Jo"


def test_an_answer_at_the_console_wakes_the_workers_when_the_run_waits(database, number):
    task_id = waiting_task(number, "picking")
    execute("UPDATE shipment SET pause_key = 'picking-1'")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"LISTEN {RUNS_CHANNEL}")
        answer_task(task_id, form("picking"))
        heard = [note.channel for note in connection.notifies(timeout=5, stop_after=1)]
    assert heard == [RUNS_CHANNEL]


@pytest.mark.parametrize("unknown", [0, -1, 999, 10**30])
def test_a_task_that_does_not_exist_is_said_not_to(database, unknown):
    with pytest.raises(TaskNotOpen, match=rf"There is no task {unknown}: `packline tasks` lists"):
        answer_task(unknown, form("picking"))


def test_a_task_that_is_done_says_by_whom_and_when(number):
    task_id = waiting_task(number, "picking")
    answer_task(task_id, form("picking", picked_by="Jo"))
    said = rf"Task {task_id} was done by Jo at \d\d \w{{3}} \d\d:\d\d: nothing is left to do"
    with pytest.raises(TaskNotOpen, match=said):
        answer_task(task_id, form("picking", picked_by="Robin"))
    assert rows("SELECT answered_by FROM staff_task") == [("Jo",)]


def test_a_task_that_was_withdrawn_says_so(number):
    task_id = waiting_task(number, "picking")
    with transaction() as session:
        session.get(StaffTask, task_id).state = "withdrawn"
    with pytest.raises(TaskNotOpen, match=f"Task {task_id} is withdrawn"):
        answer_task(task_id, form("picking"))


def test_two_people_who_answer_at_once_are_told_who_was_first(number):
    task_id = waiting_task(number, "picking")
    together = Barrier(2)

    def answer(name):
        together.wait()
        try:
            return answer_task(task_id, form("picking", picked_by=name)).answered_by
        except TaskNotOpen as refusal:
            return str(refusal)

    with ThreadPoolExecutor(2) as threads:
        said = set(threads.map(answer, ("Jo", "Robin")))
    ((winner,),) = rows("SELECT answered_by FROM staff_task")
    assert winner in said
    (told,) = said - {winner}
    assert f"was done by {winner}" in told


ROUND_THE_CLOCK = {
    "PACKLINE_WORKING_DAYS": "mon-sun",
    "PACKLINE_OPENS_AT": "00:00",
    "PACKLINE_CLOSES_AT": "24:00",
}


@pytest.mark.parametrize(("service_level", "hours"), [("standard", 3), ("express", 1.5)])
def test_a_task_is_due_when_the_settings_say(monkeypatch, session, order, service_level, hours):
    set_to(monkeypatch, PACKLINE_PICKING_HOURS="3", **ROUND_THE_CLOCK)
    order.order.service_level = service_level
    task = open_task(session, order, TaskKind.PICKING)
    assert task.role == "warehouse staff"
    assert task.due_at - task.opened_at == pytest.approx(
        timedelta(hours=hours), abs=timedelta(seconds=5)
    )


def test_a_task_is_due_while_the_shop_is_open(monkeypatch, session, order):
    today = utc_now().astimezone(settings().zone_info).date()
    free = today + timedelta(days=1)
    working = f"{today + timedelta(days=2):%a}".lower()
    set_to(monkeypatch, PACKLINE_WORKING_DAYS=working, PACKLINE_PICKING_HOURS="3")
    due = open_task(session, order, TaskKind.PICKING).due_at.astimezone(settings().zone_info)
    assert (due.date(), due.hour, due.minute) == (free + timedelta(days=1), 11, 0)


def test_asking_again_moves_no_deadline(session, order):
    task = open_task(session, order, TaskKind.PICKING, PickingChecklist(warehouse="York"))
    task.due_at = task.opened_at - timedelta(days=1)
    task.state = "refused"
    task.answered_at = task.opened_at
    session.flush()
    why = said("VASE is not in this order")
    again = ask_again(session, order, task, why)
    assert (again.round, again.state, again.due_at) == (2, "open", task.due_at)
    assert again.checklist == {"items": [], "warehouse": "York"}
    assert again.error == why.as_data()


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())
@pytest.mark.parametrize(("round", "times_presented"), [(1, 0), (2, 0), (12, 3)])
def test_a_pause_key_names_its_gate_and_round(gate, round, times_presented):
    assert gate_round_of(pause_key(gate, round, times_presented)) == (gate, round)


def test_a_form_that_is_shown_again_has_another_key():
    picking = GATES[TaskKind.PICKING]
    assert [pause_key(picking, 1, times) for times in range(3)] == [
        "picking-1",
        "picking-1-again-2",
        "picking-1-again-3",
    ]


@pytest.mark.parametrize("key", [None, "", "picking", "1", "somebody-else-1", "-1", "picking-x"])
def test_a_pause_that_is_not_ours_has_no_gate(key):
    assert gate_round_of(key) is None
