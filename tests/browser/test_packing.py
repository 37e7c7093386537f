"""Packing with a scanner that types and a scale at a port, as the page hears them."""

from contextlib import suppress

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from adapters.database.sessions import transaction
from models.enums import Role
from services.execution.errors import Deferred
from services.paper.printers import offer_printer
from tests.actors import request_cancellation_of
from tests.browser.conftest import device, signed_in
from tests.factories import make_order, make_product, make_tariffs
from tests.process import Process, assert_sound, open_task_id, rows

pytestmark = pytest.mark.lengthy

MUG, PLATE = "2000000000015", "barcode of PLATE"
NO_ECHO_MS = 130
BENCH = {"width": 1024, "height": 768}

SCALE = """
    globalThis.answers = ["S D    1.1500 kg", "S S    1.1500 kg"];
    const port = {
      asked: [],
      async open(how) { port.how = how; },
      async close() {},
      get writable() {
        return new WritableStream({ write: (bytes) => {
          port.asked.push(new TextDecoder().decode(bytes));
        } });
      },
      get readable() {
        return new ReadableStream({ start: (out) => {
          out.enqueue(new TextEncoder().encode(answers.shift() + "\\r\\n"));
        } });
      },
    };
    globalThis.port = port;
    Object.defineProperty(navigator, "serial", { value: {
      async getPorts() { return []; },
      async requestPort() { return port; },
    } });
"""
"""A scale that speaks MT-SICS, at a port that is none: first it moves, then it is stable."""


@pytest.fixture
def order(console, monkeypatch):
    """An order of two mugs and a plate that is picked."""
    with transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG", stock=10, name="Mug, blue, 300 ml")
        make_product(session, "PLATE", stock=4, weight_grams=500, name="Plate, white, 27 cm")
        number = make_order(session, {"MUG": 2, "PLATE": 1})
    run = Process(monkeypatch)
    run.run(number)
    run.answer("picking", number)
    run.run(number)
    return number, run


@pytest.fixture
def bench(browser, console):
    with device(browser, console, viewport=BENCH) as context:
        yield context


def at_bench(context, order) -> Page:
    page = signed_in(context, "Kim", Role.PACKER)
    page.goto("/packing")
    scan(page, f"SH{order}")
    page.wait_for_url(f"**/tasks/{open_task_id('packing')}")
    return page


def scan(page: Page, code: str) -> None:
    page.wait_for_timeout(NO_ECHO_MS)
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def sees(page: Page, words: str) -> None:
    expect(page.locator("#verdict")).to_contain_text(words)


def test_a_packer_scans_weighs_and_sees_the_label(bench, order):
    number, run = order
    page = at_bench(bench, number)
    scan(page, MUG)
    sees(page, "1 of 2 Mug, blue, 300 ml, in parcel 1.")
    scan(page, "59012341")
    sees(page, "nobody knows")
    scan(page, MUG)
    page.get_by_role("button", name="Pack a piece of Plate, white, 27 cm").click()
    sees(page, "All is packed")
    for label, value in (("Weight (g)", "1150"), ("Length (mm)", "300"), ("Width (mm)", "200"),
                         ("Height (mm)", "100")):  # fmt: skip
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Done").click()
    page.wait_for_url("**/papers")
    expect(page.get_by_text("The label is on its way.")).to_be_visible()
    with suppress(Deferred):  # nobody takes the customer's mail
        run.run(number)
    expect(page.get_by_text("Label of parcel 1 of 1")).to_be_visible()
    assert_sound()


@pytest.mark.slow
def test_a_code_that_cannot_be_taken_ends_nothing_and_a_cancellation_does(bench, order):
    number, run = order
    page = at_bench(bench, number)
    page.evaluate("document.getElementById('verdict').dataset.parcel = 'x'")
    scan(page, MUG)
    sees(page, "This scan cannot be read")
    page.evaluate("document.getElementById('verdict').dataset.parcel = '1'")
    scan(page, MUG)
    sees(page, "1 of 2")
    request_cancellation_of(number, "the customer asked", by="Max")
    with suppress(Deferred):
        run.run(number)
    scan(page, MUG)
    expect(page.locator("#bench")).to_contain_text("is withdrawn")
    expect(page.locator("#code")).to_be_hidden()
    assert rows("SELECT counted FROM packing_line WHERE sku = 'MUG'") == [(1,)]


@pytest.mark.slow
def test_scans_are_counted_in_order_however_fast_and_across_a_reload(bench, order, console):
    number, _ = order
    page = at_bench(bench, number)
    console.stop()
    for code in (MUG, PLATE, "PL-UNDO"):
        scan(page, code)
    expect(page.locator("#unsent")).to_have_text("3 not sent")
    console.start()
    expect(page.locator("#unsent")).to_have_text("")
    sees(page, "Take 1 of Plate")
    console.stop()
    scan(page, MUG)
    expect(page.locator("#unsent")).to_have_text("1 not sent")
    console.start()
    page.reload()
    sees(page, "2 of 2 Mug")
    assert rows("SELECT sku, counted FROM packing_line ORDER BY sku") == [("MUG", 2), ("PLATE", 0)]


@pytest.mark.slow
def test_a_weight_comes_from_the_scale_once_it_is_stable_and_a_person_takes_it_over(bench, order):
    number, _ = order
    bench.add_init_script(SCALE)
    page = at_bench(bench, number)
    for code in (MUG, MUG, PLATE):
        scan(page, code)
    read = page.get_by_role("button", name="Read the scale")
    take = page.get_by_role("button", name="Take it over")
    read.click()
    expect(page.get_by_text("It is not stable yet")).to_be_visible()
    expect(take).to_be_hidden()
    read.click()
    expect(page.get_by_text("1150 g")).to_be_visible()
    assert page.get_by_label("Weight (g)").input_value() == ""
    take.click()
    assert page.get_by_label("Weight (g)").input_value() == "1150"
    assert page.evaluate("port.asked") == ["S\r\n", "S\r\n"]
    page.reload()
    expect(page.get_by_label("Weight (g)")).to_have_value("1150")


READINGS = {
    "S S     100.00 g": {"grams": 100},
    "S S     1.2345 kg": {"grams": 1235},
    "S S     2.000 lb": {"grams": 907},
    "S S     0.00 g": {"problem": "Light"},
    "S S    -3.00 g": {"problem": "Light"},
    "S D     100.00 g": {"problem": "Moves"},
    "S I": {"problem": "Busy"},
    "S +": {"problem": "Heavy"},
    "S -": {"problem": "Light"},
    "ES": {"problem": "Unread"},
    "S S 12 stone": {"problem": "Unread"},
}


@pytest.mark.slow
def test_only_a_stable_weight_is_one(bench, order):
    page = at_bench(bench, order[0])
    path = page.evaluate("[...document.scripts].at(-1).src.replace('packing.js', 'scale.js')")
    for line, meant in READINGS.items():
        read = page.evaluate("async ([path, line]) => (await import(path)).reading(line)",
                             [path, line])  # fmt: skip
        assert read == meant, line


@pytest.mark.slow
def test_axe_finds_nothing_on_the_packers_pages(bench, order):
    page = at_bench(bench, order[0])
    found = [broken_rules(page)]
    page.get_by_text("Something is missing").click()
    found.append(broken_rules(page))
    page.locator("#code").focus()
    for code in (MUG, MUG, PLATE):
        scan(page, code)
    sees(page, "All is packed")
    found.append(broken_rules(page))
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#problems")).to_be_visible()
    found.append(broken_rules(page))
    with transaction() as session:
        offer_printer(session, "Zebra")
    for path in ("/printers", "/packing", f"/tasks/{open_task_id('packing')}/papers"):
        page.goto(path)
        found.append(broken_rules(page))
    assert found == [[]] * 7


def broken_rules(page: Page) -> list[str]:
    """What axe finds, of any weight."""
    return [rule["id"] for rule in Axe().run(page).response["violations"]]
