"""Every page at every size, light and dark, in both languages: nothing sticks out, everything can
be hit with a glove, and axe finds no fault of weight. With PACKLINE_PICTURES, pictures are taken.
"""

import os
import re
from pathlib import Path
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe

from adapters.database.sessions import reread, transaction
from models.batches import BatchScanIn
from models.enums import HoldReason, Role
from models.imports.requests import HoldIn
from services.accounts.users import choose_language
from services.batches.proposals import propose_batch
from services.batches.scans import take_batch_scan
from services.batches.taking import take_batch
from tests.actors import put_on_hold, request_cancellation_of
from tests.browser.conftest import device, signed_in
from tests.e2e.browser import PICTURES
from tests.factories import make_order, make_product, make_tariffs
from tests.process import Process, execute, open_task_id, rows
from tests.scanning import picker

pytestmark = pytest.mark.slow

SIZES = {"phone": (360, 640), "tablet": (768, 1024), "desk": (1280, 800)}
LANGUAGES = ("en", "de")
SERIOUS = {"serious", "critical"}
LEAST_TARGET = 44
DEPARTURE = "/pickup/departure?carrier=house&warehouse=MAIN"
LONG_NAME = "Donaudampfschifffahrtsgesellschaftskapitänsmützenhalter aus Nussbaumholz, geölt, groß"


@pytest.fixture
def shop(console, monkeypatch, mail_server):
    """Orders at every stage, some with names as long as they come, and a hundred to pick."""
    monkeypatch.setenv("PACKLINE_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("PACKLINE_SMTP_PORT", str(mail_server.port))
    reread()
    with transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG", stock=400, name="Mug, stoneware, speckled blue")
        make_product(session, "SHELF-WALNUT-OILED-1200", stock=9, bin="Z-99-9", name=LONG_NAME)
    process = Process(monkeypatch)
    goods = {"MUG": 2, "SHELF-WALNUT-OILED-1200": 1}
    numbers = [order(goods) for _ in range(6)] + [order({"MUG": 2}) for _ in range(60)]
    for number in numbers:
        process.another().run(number)
    for number in numbers[1:3]:
        process.answer("picking", number)
        process.another().run(number)
    parcel = {"weight_grams": 4000, "length_mm": 300, "width_mm": 200, "height_mm": 200}
    process.answer("packing", numbers[2], parcels=[parcel])
    process.another().run(numbers[2])
    cancelled = min(numbers[6:])
    process.answer("picking", cancelled)
    request_cancellation_of(cancelled, "changed their mind", "Max")
    process.another().run(cancelled)
    short = [{"sku": "MUG", "quantity": 1, "why": "damaged"}]
    short_form = {"outcome": "too few of these, the rest as listed", "found": short}
    process.answer("picking", numbers[3], **short_form)
    put_on_hold(numbers[4], HoldIn(reason=HoldReason.FRAUD_CHECK, note="twice", by="Max"))
    execute("UPDATE staff_task SET due_at = now() - interval '1 hour' WHERE order_number < 1003")
    return numbers


def order(lines):
    with transaction() as session:
        return make_order(session, lines)


def of(kind):
    return lambda: f"/tasks/{min(ids(kind))}"


def ids(kind):
    return [
        i for (i,) in rows(f"SELECT id FROM staff_task WHERE kind = '{kind}' AND state = 'open'")
    ]


def taken(kind):
    """The page of a task that the reader has taken."""

    def path():
        task = min(ids(kind))
        execute(
            "UPDATE staff_task SET taken_by = 'Ada', taken_at = now(), take_number = 1,"
            f" taken_until = now() + interval '1 hour' WHERE id = {task}"
        )
        return f"/tasks/{task}"

    return path


def batch_after(*codes):
    """The page of a batch that the reader has taken, after some scans."""

    def path():
        ada = picker("Ada")
        with transaction() as session:
            proposed = propose_batch(session, ada)
        take_batch(proposed.tasks, ada)
        for code in codes:
            take_batch_scan(BatchScanIn(key=uuid4(), raw=code), ada)
        return "/batch"

    return path


TOTES = tuple(f"PLT-{number}" for number in range(1, 7))

PAGES = {
    "sign-in": ((), lambda: "/sign-in"),
    "my-work": ((Role.WAREHOUSE_STAFF,), lambda: "/work"),
    "nothing-to-do": ((Role.LOGISTICS_COORDINATOR,), lambda: "/work"),
    "picking": ((Role.WAREHOUSE_STAFF,), taken("picking")),
    "picking-form": ((Role.WAREHOUSE_STAFF,), lambda: of("picking")() + "?form=1"),
    "commands": ((Role.WAREHOUSE_STAFF,), lambda: "/commands"),
    "packing": ((Role.PACKER,), taken("packing")),
    "packing-form": ((Role.PACKER,), lambda: of("packing")() + "?form=1"),
    "pickup": ((Role.LOGISTICS_COORDINATOR,), of("carrier-pickup")),
    "departures": ((Role.LOGISTICS_COORDINATOR,), lambda: "/pickup"),
    "departure": ((Role.LOGISTICS_COORDINATOR,), lambda: DEPARTURE),
    "stock": ((Role.WAREHOUSE_STAFF,), lambda: "/stock?scan=SHELF-WALNUT-OILED-1200"),
    "receiving": ((Role.WAREHOUSE_STAFF,), lambda: "/stock/receive?sku=SHELF-WALNUT-OILED-1200"),
    "counting": ((Role.WAREHOUSE_STAFF,), lambda: "/stock/count?sku=MUG"),
    "moving": ((Role.WAREHOUSE_STAFF,), lambda: "/stock/move?sku=MUG"),
    "restocking": ((Role.WAREHOUSE_STAFF,), taken("restock")),
    "batch-proposed": ((Role.WAREHOUSE_STAFF,), lambda: "/batch"),
    "batch-cart": ((Role.WAREHOUSE_STAFF,), batch_after("PLT-1")),
    "batch-walk": ((Role.WAREHOUSE_STAFF,), batch_after(*TOTES)),
    "batch-tote": ((Role.WAREHOUSE_STAFF,), batch_after(*TOTES, "2000000000015")),
    "totes": ((Role.WAREHOUSE_STAFF,), lambda: "/totes"),
    "tote-labels": ((Role.WAREHOUSE_STAFF,), lambda: "/totes/labels?count=4"),
    "short-pick": ((Role.OPERATOR,), of("short-pick")),
    "hold": ((Role.OPERATOR,), of("hold")),
    "operators-work": ((Role.OPERATOR, Role.WAREHOUSE_STAFF, Role.PACKER), lambda: "/work"),
    "account": ((Role.PACKER,), lambda: "/account"),
    "users": ((Role.ADMIN,), lambda: "/users"),
    "devices": ((Role.ADMIN,), lambda: "/devices"),
    "not-allowed": ((Role.MANAGER,), lambda: "/work"),
    "no-such-page": ((Role.PACKER,), lambda: "/nothing"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_at_every_size(browser, console, shop, name):
    roles, path = PAGES[name]
    if name == "nothing-to-do":
        execute("UPDATE staff_task SET state = 'held' WHERE kind = 'carrier-pickup'")
    where, faults = path(), []
    with device(browser, console, color_scheme="light") as context:
        page = signed_in(context, "Ada", *roles) if roles else context.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        for language in LANGUAGES if roles else ("en",):
            if roles:
                choose_language("Ada", language)
            page.goto(where)
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    take_picture(page, f"{name}-{size}-{scheme}-{language}")
                    faults += faults_of(page, f"{size} {scheme} {language}")
    assert faults == []
    blocked = [text for text in said if "Content Security Policy" in text or "Error" in text]
    assert blocked == []


def faults_of(page, where):
    """What is wrong with a page as it is shown."""
    found = [
        f"{where}: {it['id']} {it['nodes'][0]['html'][:200]}"
        for it in Axe().run(page).response["violations"]
        if it["impact"] in SERIOUS
    ]
    if page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
        found.append(f"{where}: something sticks out at the side")
    small = page.evaluate(
        """least => [...document.querySelectorAll("button, .button, select, summary, input")]
            .filter(it => it.checkVisibility() && it.type !== "hidden" && it.type !== "checkbox")
            .filter(it => !it.closest(".unseen") && it.getBoundingClientRect().height < least)
            .map(it => it.outerHTML.slice(0, 120))""",
        LEAST_TARGET,
    )
    return found + [f"{where}: too small to hit: {html}" for html in small]


def take_picture(page, name):
    if folder := os.environ.get(PICTURES):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder, f"{name}.png"))


def test_the_keyboard_alone_signs_in_takes_a_task_and_finishes_it(browser, console, shop):
    with device(browser, console) as context:
        page = signed_in(context, "Ada", Role.LOGISTICS_COORDINATOR)
        press(page, "Next task")
        page.wait_for_url(re.compile(r"/tasks/\d+"))
        task = open_task_id("carrier-pickup")
        tab_to(page, "input[name=confirmation_number]")
        page.keyboard.type("C-4711")
        press(page, "Done")
        page.wait_for_url("**/work")
    assert rows(f"SELECT state FROM staff_task WHERE id = {task}") == [("done",)]


def press(page, text):
    tab_to(page, "button, a", text)
    page.keyboard.press("Enter")


def tab_to(page, selector, text=""):
    """Press Tab until it has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "([selector, text]) => document.activeElement.matches(selector)"
            " && document.activeElement.textContent.trim().startsWith(text)",
            [selector, text],
        )
        if here:
            return
    pytest.fail(f"the keyboard does not come to {text or selector}")
