"""The operator's road: what a person sees and does in Prefect's UI, in a real browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlmodel import func, select

from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.shop_days import day_bounds, shop_day
from models.base import utc_now
from models.tables.catalogue import Product
from models.tables.orders import SalesOrder
from models.tables.reports import DailySummary
from tests.chaos.shop import (
    assert_audit_passes,
    mails_by_order,
    open_kinds,
    status_of,
    take_in,
    until_waiting,
    work,
)
from tests.conftest import PROJECT
from tests.e2e.browser import NewUI, OldUI, at_a_desk, chromium, find_chromium
from tests.factories import make_product
from tests.process import DAY_STEPS, ORDER_STEPS, execute, rows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

LINES = {"MUG-01": 2, "PLATE-26": 4, "TOWEL-L": 1}
NO_TOWN = "which lacks the town: correct the address"
SIZES = {"Length (mm)": "400", "Width (mm)": "300", "Height (mm)": "250"}


@pytest.fixture(scope="module")
def browser(_stack):
    with chromium() as started:
        yield started


@pytest.fixture
def window(browser, live):
    fill_the_shelves()
    with at_a_desk(browser, live.stack.prefect_url) as page:
        yield page


@pytest.fixture(params=[NewUI, pytest.param(OldUI, marks=pytest.mark.slow)])
def ui(window, request):
    return request.param(window)


@pytest.fixture
def new_ui(window):
    return NewUI(window)


def fill_the_shelves():
    """Products that a picture can show."""
    with transaction() as session:
        if session.get(Product, "MUG-01") is None:
            make_product(session, "MUG-01", 1000, name="Stoneware mug, sea blue", bin="A-03-2",
                         barcode="5012345678900", weight_grams=340)  # fmt: skip
            make_product(session, "PLATE-26", 1000, name="Dinner plate 26 cm, grey", bin="B-11-4",
                         barcode="5012345678917", weight_grams=620)  # fmt: skip
            make_product(session, "TOWEL-L", 1000, name="Linen tea towels, set of 3", bin="C-02-1",
                         barcode="5012345678924", weight_grams=210)  # fmt: skip


def order_that_waits(live, key="picking-1", **given):
    """An order whose run waits at a gate; its number and its run."""
    (number,) = take_in(lines=LINES, **given)
    return number, until_waiting(live, number, key)


def shop_clock(**later):
    """The time by the clock in the shop, as a person types it."""
    return f"{(utc_now() + timedelta(**later)).astimezone(settings().zone_info):%Y-%m-%d %H:%M}"


def fill_in_picking(ui, form, outcome="all as listed", found=None):
    ui.choose(form, "Task", "picking")
    ui.type(form, "Picked by", "Jo")
    ui.choose(form, "Outcome", outcome)
    if found:
        ui.add(form, found)
        ui.choose(form, "Why", "other")


def fill_in_packing(ui, form, grams):
    ui.choose(form, "Task", "packing")
    ui.type(form, "Packed by", "Kim")
    ui.add(form, {"Weight (g)": str(grams)} | SIZES)


def fill_in_carrier_pickup(ui, form, collected_at):
    ui.choose(form, "Task", "carrier-pickup")
    ui.type(form, "Handed over by", "Lee")
    ui.type(form, "Confirmation number", "C-7714")
    ui.type(form, "Collected at", collected_at)


def see_why(form, error):
    """The form says on top why it asks again."""
    expect(form.get_by_text("Your last answer was not accepted.")).to_be_visible()
    expect(form.get_by_text(error)).to_be_visible()


def until_shipped_by_the_staff(live, number):
    live.until(lambda: work([number]) < 0 or status_of(number) == "Shipped", f"{number} Shipped")


def assert_shipped_once(live, number):
    """The order is Shipped, each effect was had once, and the audit passes."""
    assert status_of(number) == "Shipped"
    assert mails_by_order(live)[number] == 1
    booked = f"SELECT kind FROM carrier_booking WHERE key LIKE 'order:{number}:%' ORDER BY 1"
    assert rows(booked) == [("label",), ("pickup",)]
    moved = f"SELECT sku, -quantity FROM stock_movement WHERE reference = 'order:{number}'"
    assert sorted(rows(moved)) == sorted(LINES.items())
    assert_audit_passes(live)


def message_of(live, run_id):
    return live.ask(f"flow_runs/{run_id}")["state"]["message"] or ""


def allocated():
    with transaction() as session:
        return {sku: session.get(Product, sku).allocated for sku in LINES}


def shipped_in_summary(day):
    with transaction() as session:
        return session.get(DailySummary, day).orders_shipped


def shipped_on(day):
    begin, end = day_bounds(day, settings().zone_info)
    on_that_day = SalesOrder.shipped_at >= begin, SalesOrder.shipped_at < end
    with transaction() as session:
        return session.scalar(select(func.count()).where(*on_that_day))


def see_the_report(ui, day):
    """The run shows the report among its artifacts."""
    ui.page.get_by_role("tab", name="Artifacts").click()
    ui.page.get_by_text(f"daily-report-{day.isoformat()}").first.click()


def test_an_order_is_led_to_shipped_by_its_forms_which_ask_again_after_a_wrong_answer(live, ui):
    number, run_id = order_that_waits(live)

    form = ui.open_form(run_id)
    fill_in_picking(
        ui, form, "too few of these, the rest as listed", {"SKU": "VASE-7", "Pieces found": "1"}
    )
    ui.picture_of_form("picking", form)
    ui.send(form)
    until_waiting(live, number, "picking-2")
    form = ui.open_form(run_id)
    see_why(form, "VASE-7 is not in this order")
    ui.picture_of_form("picking-again", form)
    fill_in_picking(ui, form)
    ui.send(form)

    until_waiting(live, number, "packing-1")
    form = ui.open_form(run_id)
    fill_in_packing(ui, form, grams=415)
    ui.send(form)
    until_waiting(live, number, "packing-2")
    form = ui.open_form(run_id)
    see_why(form, "The goods alone weigh 3,370 g and the parcels together only 415 g")
    fill_in_packing(ui, form, grams=4150)
    ui.picture_of_form("packing", form)
    ui.send(form)

    until_waiting(live, number, "carrier-pickup-1")
    form = ui.open_form(run_id)
    fill_in_carrier_pickup(ui, form, shop_clock(hours=3))
    ui.send(form)
    until_waiting(live, number, "carrier-pickup-2")
    form = ui.open_form(run_id)
    see_why(form, "is in the future")
    fill_in_carrier_pickup(ui, form, shop_clock())
    ui.picture_of_form("carrier-pickup", form)
    ui.send(form)

    ui.see_state("Completed")
    assert ui.steps(len(ORDER_STEPS)) == list(ORDER_STEPS)
    ui.open_run(run_id, "Completed")
    ui.picture_of_page("shipped", down_to="Job Variables")
    assert_shipped_once(live, number)
    assert rows(
        "SELECT kind, round, state, answered_by, answered_through FROM staff_task"
        f" WHERE order_number = {number} ORDER BY id"
    ) == [
        ("picking", 1, "refused", "", "Prefect"),
        ("picking", 2, "done", "Jo", "Prefect"),
        ("packing", 1, "refused", "", "Prefect"),
        ("packing", 2, "done", "Kim", "Prefect"),
        ("carrier-pickup", 1, "refused", "", "Prefect"),
        ("carrier-pickup", 2, "done", "Lee", "Prefect"),
    ]


def test_a_form_that_is_not_filled_in_is_not_taken(live, new_ui):
    number, run_id = order_that_waits(live)
    new_ui.open_run(run_id, "Suspended")
    new_ui.open_menu()
    new_ui.picture_of_page("waiting", down_to="Job Variables")
    new_ui.page.get_by_role("menuitem", name="Resume").click()
    form = new_ui.dialog()
    new_ui.try_to_send(form)
    expect(new_ui.page.get_by_text("'gate' is a required property")).to_be_visible()
    new_ui.choose(form, "Task", "picking")
    new_ui.try_to_send(form)
    expect(new_ui.page.get_by_text("'picked_by' is a required property")).to_be_visible()
    assert live.prefect.state(run_id).pause_key == "picking-1"
    assert open_kinds(number) == ["picking"]


def town_is(number, town):
    execute(f"UPDATE sales_order SET city = '{town}' WHERE number = {number}")


def has_failed(live, run_id):
    return live.prefect.state(run_id).kind == "FAILED"


@pytest.mark.slow
def test_retry_leads_a_failed_order_to_shipped_with_each_effect_once(live, ui):
    number, run_id = order_that_waits(live)
    town_is(number, "")
    live.until(lambda: has_failed(live, run_id) or work([number]) < 0, "the run to fail")
    live.until(lambda: "Create Shipping Label" in live.task_runs(run_id), "its task runs")
    ui.open_run(run_id, "Failed")
    expect(ui.page.get_by_text(NO_TOWN).first).to_be_visible()
    ui.picture_of_page("failed", down_to=NO_TOWN)
    town_is(number, "Leeds")

    ui.press_and_confirm("Retry")
    ui.see_state("Suspended")
    until_shipped_by_the_staff(live, number)
    ui.see_state("Completed")
    steps = ui.steps(len(ORDER_STEPS) + 1)
    assert steps.count("Create Shipping Label") == 2
    assert sorted(set(steps)) == sorted(ORDER_STEPS)
    assert_shipped_once(live, number)


@pytest.mark.slow
def test_retry_of_a_shipped_order_changes_nothing(live, new_ui):
    number, run_id = order_that_waits(live)
    until_shipped_by_the_staff(live, number)
    new_ui.open_run(run_id, "Completed")
    new_ui.press_and_confirm("Retry")
    live.until(lambda: "already Shipped" in message_of(live, run_id), "another attempt")
    assert new_ui.steps(len(ORDER_STEPS)) == list(ORDER_STEPS)
    assert_shipped_once(live, number)


def test_a_waiting_order_that_is_cancelled_gives_its_stock_back(live, ui):
    before = allocated()
    number, run_id = order_that_waits(live)
    assert allocated() == {sku: before[sku] + pieces for sku, pieces in LINES.items()}
    ui.open_run(run_id, "Suspended")
    ui.press_and_confirm("Cancel")
    live.until(lambda: status_of(number) == "Cancelled", f"order {number} Cancelled")
    live.until_state(run_id, "COMPLETED")
    ui.open_run(run_id, "Completed")  # the page shows no more of a run that was cancelled
    assert allocated() == before
    assert open_kinds(number) == []
    assert rows(f"SELECT state FROM staff_task WHERE order_number = {number}") == [("withdrawn",)]
    assert_audit_passes(live)


@pytest.mark.slow
def test_the_summary_of_a_given_day_is_started_with_its_form(live, new_ui):
    day = shop_day(utc_now(), settings().zone_info)
    new_ui.open_deployment("daily-summary")
    new_ui.choose_day(day.isoformat())
    new_ui.picture_of_page("daily-summary", down_to="Submit")
    run_id = new_ui.start()
    new_ui.see_state("Completed")
    assert live.ask(f"flow_runs/{run_id}")["parameters"] == {"day": day.isoformat()}
    assert new_ui.steps(len(DAY_STEPS)) == list(DAY_STEPS)
    assert shipped_in_summary(day) == shipped_on(day)
    assert [mail for mail in live.mail_server.mails if "management" in mail["To"]]
    see_the_report(new_ui, day)
    assert_audit_passes(live)


def test_the_guide_shows_every_picture_there_is():
    docs = PROJECT / "docs"
    shown = set(re.findall(r"\]\(pictures/(\S+)\)", (docs / "operations.md").read_text()))
    files = {file.name for file in (docs / "pictures").iterdir()}
    assert shown == {name for name in files if not name.startswith("console-")}


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_without_the_browser_it_is_said_how_to_get_it(monkeypatch, ci, outcome):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="apt-get install chromium"):
        find_chromium()
