"""Picking with a scanner that types, as the page hears it: with a network, and without."""

import pytest
from playwright.sync_api import Locator, Page, expect

from adapters.database.sessions import transaction
from console.web.assets import asset
from services.worklist.taking import take
from tests.browser.conftest import device, signed_in
from tests.factories import make_order, make_product, make_tariffs
from tests.process import Process, assert_sound, execute, open_task_id, rows
from tests.scanning import picker

pytestmark = pytest.mark.lengthy

MUG, PLATE = "2000000000015", "barcode of PLATE"
NO_ECHO_MS = 130
"""The same code sooner than that is the same read; nobody scans so fast."""


@pytest.fixture
def task(console, monkeypatch):
    """The picking of an order of three mugs and a plate."""
    with transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG", stock=10, name="Mug, blue, 300 ml")
        make_product(session, "PLATE", stock=4, bin="A-10-1", name="Plate, white, 27 cm")
        number = make_order(session, {"MUG": 3, "PLATE": 1})
    assert Process(monkeypatch).run(number) == "picking-1"
    return open_task_id("picking", number)


class Picker:
    """Somebody at the page of a picking, with a scanner that types codes and Enter."""

    def __init__(self, page: Page, task: int) -> None:
        self.page, self.task = page, task
        take(task, picker())
        self.open()

    def open(self) -> None:
        self.page.goto(f"/tasks/{self.task}")
        self.ready()

    def ready(self) -> None:
        expect(self.page.locator("html[data-kept='1']")).to_be_attached()

    def scan(self, code: str, end: str = "Enter") -> None:
        self.page.wait_for_timeout(NO_ECHO_MS)
        self.page.keyboard.type(code)
        self.page.keyboard.press(end)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def sees(self, words: str) -> None:
        expect(self.page.locator("#verdict")).to_contain_text(words)

    def sees_unsent(self, number: int) -> None:
        expect(self.page.locator("#picking")).to_have_attribute("data-unsent", str(number))

    def count(self, sku: str) -> str:
        return self.page.locator(f"[data-sku={sku}] [data-part=counted]").inner_text()


@pytest.fixture
def jo(phone, task):
    """Jo, who has taken the picking."""
    return Picker(signed_in(phone), task)


def counted():
    return dict(rows("SELECT sku, counted FROM scanned_item WHERE counted > 0"))


def test_a_picking_by_scan_from_the_first_code_to_done(jo):
    jo.scan(MUG)
    jo.sees("Counted: Mug, blue, 300 ml, 1 of 3.")
    jo.scan(PLATE)
    jo.sees("Line done: Plate, white, 27 cm, 1 of 1")
    jo.scan("4006381333931")
    jo.sees("Scan it again: nobody knows 4006381333931.")
    expect(jo.page.locator("#verdict-bad")).to_have_attribute("role", "alert")
    expect(jo.page.locator("#code")).to_have_value("")
    jo.scan(MUG)
    jo.scan(MUG, end="Tab")
    expect(jo.page.locator("#check")).to_be_visible()
    jo.sees_unsent(0)
    jo.scan("PL-DONE")
    jo.page.wait_for_url("**/work")
    assert rows("SELECT answer -> 'found' FROM staff_task WHERE state = 'done'") == [
        ({"MUG": 3, "PLATE": 1},)
    ]
    assert_sound()


slow = pytest.mark.slow
"""Beside the one short way, everything that a browser does is for `make browser`."""


@slow
def test_scans_are_heard_on_a_button_and_press_nothing(jo):
    jo.button("Undo").focus()
    jo.scan(MUG)
    jo.sees("Counted: Mug, blue, 300 ml, 1 of 3")
    jo.page.wait_for_timeout(NO_ECHO_MS)  # sooner it would be the second end of the code
    jo.page.keyboard.press("Enter")
    jo.sees("Undone: Mug, blue, 300 ml, 0 of 3")


@slow
def test_a_lone_letter_and_a_slow_one_are_no_code(jo):
    jo.button("Undo").focus()
    jo.page.keyboard.type("2000", delay=300)
    jo.page.keyboard.press("Tab")
    jo.sees_unsent(0)
    assert rows("SELECT count(*) FROM scan") == [(0,)]


@slow
def test_codes_that_come_while_others_are_sent_are_counted_in_turn(jo):
    for code in (MUG, PLATE, MUG):
        jo.scan(code)
    jo.sees("Counted: Mug, blue, 300 ml, 2 of 3")
    jo.sees_unsent(0)
    assert [raw for (raw,) in rows("SELECT raw FROM scan ORDER BY sequence")] == [MUG, PLATE, MUG]


@slow
def test_the_same_code_at_once_again_is_an_echo(jo):
    jo.page.evaluate(
        """(code) => {
            const field = document.getElementById("code");
            for (let read = 0; read < 2; read += 1) {
                field.value = code;
                field.form.requestSubmit();
            }
        }""",
        MUG,
    )
    jo.sees("Counted: Mug, blue, 300 ml, 1 of 3")
    jo.sees_unsent(0)
    assert counted() == {"MUG": 1}


@slow
def test_text_that_is_inserted_without_keys_is_heard(jo):
    """As some devices do it, that act as an input method."""
    jo.page.keyboard.insert_text(MUG)
    jo.page.evaluate("document.getElementById('code').form.requestSubmit()")
    jo.sees("Counted: Mug, blue, 300 ml, 1 of 3")


@slow
def test_without_a_network_scans_are_counted_kept_and_sent_later(jo):
    jo.scan(MUG)
    jo.sees("Counted: Mug, blue, 300 ml, 1 of 3")
    jo.sees_unsent(0)
    jo.page.context.set_offline(True)
    jo.scan(MUG)
    jo.sees("Counted: Mug, blue, 300 ml, 2 of 3")
    jo.scan("nonsense")
    jo.sees("nobody knows nonsense")
    jo.sees_unsent(2)
    expect(jo.page.locator("#trouble")).to_contain_text("No network")
    assert counted() == {"MUG": 1}
    jo.page.context.set_offline(False)
    jo.sees_unsent(0)
    assert counted() == {"MUG": 2}
    assert_sound()


@slow
def test_a_reload_without_a_network_loses_nothing(jo):
    jo.scan(MUG)
    jo.sees("Counted: Mug, blue, 300 ml, 1 of 3")
    jo.sees_unsent(0)
    jo.page.context.set_offline(True)
    jo.scan(MUG)
    jo.sees_unsent(1)
    jo.page.reload()
    expect(jo.page.locator("[data-sku=MUG] [data-part=counted]")).to_have_text("2")
    jo.sees_unsent(1)
    jo.scan(MUG)
    jo.sees("Line done: Mug, blue, 300 ml, 3 of 3")
    jo.sees_unsent(2)
    jo.page.context.set_offline(False)
    jo.sees_unsent(0)
    assert counted() == {"MUG": 3}


@slow
def test_a_server_that_is_away_is_like_a_network_that_is(console, jo):
    console.stop()
    jo.scan(MUG)
    jo.sees("Counted: Mug, blue, 300 ml, 1 of 3")
    jo.page.reload()
    jo.scan(MUG)
    jo.sees_unsent(2)
    console.start()
    jo.page.reload()
    jo.sees_unsent(0)
    assert counted() == {"MUG": 2}


@slow
def test_done_waits_for_what_is_not_sent(jo):
    jo.page.context.set_offline(True)
    for code in (MUG, MUG, MUG, PLATE):
        jo.scan(code)
    jo.sees_unsent(4)
    jo.page.locator("#finish").click(force=True)  # it says that it is disabled
    jo.sees("Wait: some scans are not sent yet.")
    assert rows("SELECT state FROM staff_task") == [("open",)]
    jo.page.context.set_offline(False)
    jo.sees_unsent(0)
    jo.page.locator("#finish").click()
    jo.page.wait_for_url("**/work")


@slow
def test_scans_that_come_after_another_took_it_are_to_be_returned(jo, task):
    jo.scan(MUG)
    jo.sees("Counted: Mug, blue, 300 ml, 1 of 3")
    jo.sees_unsent(0)
    jo.page.context.set_offline(True)
    jo.scan(PLATE)
    jo.sees_unsent(1)
    execute("UPDATE staff_task SET taken_until = now() - interval '1 s'")
    take(task, picker("Kim"))
    jo.page.context.set_offline(False)
    jo.sees("Kim has this task")
    hands = jo.page.locator("#hands")
    expect(hands).to_contain_text("1 × Mug, blue, 300 ml → A-01-1")
    expect(hands).to_contain_text("1 × Plate, white, 27 cm → A-10-1")
    expect(jo.page.locator("#scan")).to_be_hidden()
    jo.button("They are back").click()
    expect(hands).to_be_hidden()
    assert_sound()


@slow
def test_what_is_not_sent_goes_out_from_any_page_of_its_person(jo):
    context = jo.page.context
    context.set_offline(True)
    jo.scan(MUG)
    jo.sees_unsent(1)
    jo.page.close()
    context.set_offline(False)
    work = context.new_page()
    with work.expect_response("**/scans"):
        work.goto("/work")
    expect(work.locator("#not-sent")).to_be_hidden()
    assert counted() == {"MUG": 1}


@slow
def test_who_signs_out_with_scans_that_are_not_sent_is_warned(console, jo):
    context = jo.page.context
    work = context.new_page()
    work.goto("/work")
    work.route("**/scans", lambda route: route.abort())
    jo.page.route("**/scans", lambda route: route.abort())
    jo.page.bring_to_front()
    jo.scan(MUG)
    jo.sees_unsent(1)
    work.reload()
    expect(work.locator("#not-sent")).to_have_text("1 not sent")
    work.get_by_role("button", name="Sign out").click()
    expect(work.locator("#not-sent")).to_contain_text("Press once more to sign out")
    work.get_by_role("button", name="Sign out").click()
    work.wait_for_url("**/sign-in")


@slow
def test_scans_that_are_refused_hold_up_no_others(jo):
    outbox = asset("outbox.js")
    jo.page.evaluate(
        f"""async () => {{
            const {{ keep }} = await import("{outbox}");
            const scan = {{ key: crypto.randomUUID(), task: 999999, take: 1, person: "Jo" }};
            await keep({{ ...scan, act: "code", source: "scan", raw: "{MUG}" }});
        }}"""
    )
    jo.scan(MUG)
    jo.sees("Counted: Mug, blue, 300 ml, 1 of 3")
    jo.sees_unsent(1)
    expect(jo.page.locator("#trouble")).to_contain_text("There is no task 999999")
    assert counted() == {"MUG": 1}


@slow
def test_a_page_counts_before_it_has_heard_from_the_server(jo):
    jo.page.route("**/picking.json", lambda route: route.abort())
    jo.open()
    jo.scan(MUG)
    jo.sees("Counted: Mug, blue, 300 ml, 1 of 3")


@slow
def test_commands_and_buttons_do_the_same(jo):
    jo.scan(MUG)
    jo.scan("PL-UNDO")
    jo.sees("Undone: Mug, blue, 300 ml, 0 of 3")
    jo.scan("PL-NEXT")
    jo.sees("Moved to the end")
    jo.scan("PL-SHORT")
    jo.sees("Say why")
    jo.page.locator("[data-why=damaged]").click()
    jo.sees("Short: Plate, white, 27 cm, 0 of 1")
    jo.button("Undo").click()
    jo.sees("Undone: Plate, white, 27 cm, 0 of 1")
    jo.sees_unsent(0)
    assert rows("SELECT count(*) FROM scan WHERE counts") == [(5,)]


@slow
def test_two_tabs_of_a_device_show_the_same_and_send_once(jo):
    other = jo.page.context.new_page()
    other.goto(f"/tasks/{jo.task}")
    expect(other.locator("html[data-kept='1']")).to_be_attached()
    jo.page.bring_to_front()
    jo.scan(MUG)
    expect(other.locator("[data-sku=MUG] [data-part=counted]")).to_have_text("1")
    jo.sees_unsent(0)
    assert rows("SELECT count(*) FROM scan") == [(1,)]


@slow
def test_two_devices_of_a_person_agree_once_both_have_scanned(browser, console, jo):
    with device(browser, console) as second:
        second.add_cookies(jo.page.context.cookies())
        page = second.new_page()
        page.goto(f"/tasks/{jo.task}")
        other = Picker.__new__(Picker)
        other.page, other.task = page, jo.task
        other.ready()
        for _ in range(2):
            jo.scan(MUG)
        jo.sees_unsent(0)
        other.scan(MUG)
        other.sees("Line done: Mug, blue, 300 ml, 3 of 3")
    assert counted() == {"MUG": 3}


@slow
def test_without_javascript_the_page_works(browser, console, task):
    with device(browser, console, java_script_enabled=False) as plain:
        page = signed_in(plain)
        take(task, picker())
        page.goto(f"/tasks/{task}")
        for code in (MUG, MUG, MUG, PLATE):
            page.fill("#code", code)
            page.keyboard.press("Enter")
        expect(page.locator("#verdict")).to_contain_text("Line done: Plate, white, 27 cm, 1 of 1")
        page.click("#finish")
        page.wait_for_url("**/work")
    assert counted() == {"MUG": 3, "PLATE": 1}


@slow
def test_nothing_of_the_page_is_refused_by_its_own_policy(jo):
    problems = []
    jo.page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    jo.open()
    jo.scan(MUG)
    jo.sees("Counted: Mug, blue, 300 ml, 1 of 3")
    assert problems == []


@slow
def test_all_that_is_needed_fits_on_a_scanners_screen(jo):
    bottom = jo.page.locator("#acts").bounding_box()
    assert bottom["y"] + bottom["height"] <= 640
    assert jo.page.evaluate("document.documentElement.scrollWidth") <= 360
