"""Events are data: they know no customer, and are said in the language of whoever reads them."""

import json
from datetime import UTC, datetime
from inspect import signature
from pkgutil import iter_modules, resolve_name
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from sqlmodel import select

import tasks
from adapters.database.sessions import transaction
from adapters.language.sentences import Language
from console.queries.event_words import KINDS, STEP_RESULTS, Titles, detail, title
from console.queries.timeline import timeline as timeline_of
from domain.messages import Message
from domain.zones import NoShippingZone
from models.enums import Channel, EventKind, HoldReason
from models.events import EVENTS, OfRun
from models.imports.requests import AddressIn, HoldIn, PutFirstIn, RefundPaidIn
from models.process import StepName
from models.tables.orders import SalesOrder
from models.tables.refunds import Refund
from models.tables.staff import Staff
from services.access.actors import who_is
from services.answers.handovers import carrier_missed
from services.answers.submit import store_answer
from services.execution.anonymous import without_customer
from services.execution.events import add_event
from services.execution.locks import locked_shipment
from services.orders.urgency import put_first
from services.paper.print_jobs import ask_to_print, slip_of
from services.paper.printers import offer_printer
from services.reminders.late_tasks import remind_and_escalate
from services.worklist.gates import GATES
from services.worklist.taking import give_back, give_out, take
from tests.actors import (
    change_address,
    pay,
    put_on_hold,
    release,
    request_cancellation_of,
    undo,
)
from tests.factories import make_order
from tests.process import assert_sound, execute, form, open_task_id, rows
from tests.services.answers.test_short_picks import found
from tests.services.answers.test_undo import last_picking
from tests.timelines import timeline

CUSTOMER = {
    "customer_name": "Zebedee Quillfeather",
    "email": "zebedee@quillfeather.example",
    "address_line1": "77 Thistledown Crescent",
    "address_line2": "Attic Flat",
    "city": "Ambleforth",
    "postal_code": "QX7 9ZB",
}
ELSEWHERE = {
    "address_line1": "5 Gossamer Wharf",
    "address_line2": "\U0010fffd",
    "city": "Larkhaven",
    "postal_code": "QY1 1AA",
    "country": "GB",
}
PERSONAL = {*CUSTOMER.values(), *ELSEWHERE.values()} - {"", "GB"}
WITHOUT_A_STEP = {
    "cancel-lines",
    "undo-picking",
    "release-stock",
    "reallocate-stock",
    "split-shipment",
}
"""Steps of the ledger that answers and counts take, and no flow."""


def order(**lines):
    with transaction() as session:
        return make_order(session, lines, **CUSTOMER)


def shipped_elsewhere_after_a_hold(process, mail_server):
    """Held, redirected, refused by the mail server, stopped by an error that quotes the customer,
    answered badly and late: and shipped.
    """
    number = order(MUG=2)
    put_on_hold(number, HoldIn(reason=HoldReason.FRAUD_CHECK, note="typed: odd", by="Max"))
    release(number, "Max")
    change_address(number, AddressIn(**ELSEWHERE, by="Max"))
    mail_server.refuses[CUSTOMER["email"]] = f"550 no {CUSTOMER['email']} here"
    where = (ELSEWHERE["postal_code"], CUSTOMER["customer_name"])
    process.fail["Calculate Total Order Value"] = NoShippingZone(*where)
    with pytest.raises(NoShippingZone):
        process.run(number)
    process.run(number)
    oscar = who_is("Oscar", Channel.CONSOLE)
    put_first(number, PutFirstIn(reason="typed: he calls each day"), oscar)
    task = open_task_id("picking", number)
    take(task, oscar)
    give_back(task, oscar)
    give_out(task, "Ada", oscar)
    with transaction() as session:
        offer_printer(session, "Zebra")
    ask_to_print(slip_of((number, 1)), "Zebra", 1, oscar)
    execute("UPDATE staff_task SET due_at = now() - interval '1 day'")
    remind_and_escalate()
    with transaction() as session:
        shipment = locked_shipment(session, number)
        refused = form("picking") | {"outcome": ELSEWHERE["city"]}
        store_answer(session, shipment, GATES["picking"], 1, refused)
    for kind in ("picking", "packing"):
        process.run(number)
        process.answer(kind, number)
    process.run(number)
    carrier_missed([open_task_id("carrier-pickup", number)], oscar, "typed: no van")
    process.ship(number)


def split_and_cancelled(process):
    """Picked short, split, and what is left of it cancelled by the one who asked for it."""
    number = order(PLATE=4, MUG=2)
    process.run(number)
    process.answer("picking", number, **found(PLATE=(3, "damaged"), MUG=(2, "other")))
    process.run(number)
    process.answer("short-pick", number, decision="split", note="typed: the rest later")
    process.ship(number)
    process.another().run(number, 2)
    request_cancellation_of(number, "typed: not any more", "Max")
    process.another().run(number, 2)


def cancelled_after_picking(process):
    """Picked by mistake, picked, cancelled, restocked with something broken, and refunded."""
    number = order(MUG=2)
    process.run(number)
    process.answer("picking", number)
    process.run(number)
    undo(last_picking(), "Jo", "typed: the wrong tote")
    process.run(number)
    process.answer("picking", number)
    process.run(number)
    request_cancellation_of(number, "typed: changed her mind", "Max")
    process.run(number)
    lost = [{"sku": "MUG", "damaged": 1, "missing": 0}]
    process.answer("restock", number, outcome="something is damaged or missing", lost=lost)
    process.run(number)
    with transaction() as session:
        refunds = session.exec(select(Refund.id)).all()
    for refund in refunds:
        pay(refund, RefundPaidIn(by="Kim", reference="typed: bank"))


@pytest.fixture
def lives(process, mail_server):
    """Orders of one customer, of whom nearly everything happens."""
    with transaction() as session:
        session.add(Staff(name="Ada", roles=["warehouse staff"], email="ada@fernway.example"))
        session.add(Staff(name="Oscar", roles=["operator", "warehouse staff"]))
    shipped_elsewhere_after_a_hold(process, mail_server)
    split_and_cancelled(process.another())
    cancelled_after_picking(process.another())
    assert_sound()


def test_events_of_whole_lives_know_nothing_of_the_customer(lives):
    kinds = {kind for (kind,) in rows("SELECT DISTINCT kind FROM audit_event")}
    told = {*EventKind} - {"imported", "run-started", "run-starts-over", "run-gone"}
    told -= {"alarm-retried"}  # of a service, and of no order
    told -= {"user-added", "user-disabled", "password-reset", "password-changed"}
    told -= {"pin-changed", "session-ended"}
    told -= {"badge-issued", "device-registered", "device-revoked"}
    assert told - {"escalated"} <= kinds
    events = json.dumps(rows("SELECT kind, values FROM audit_event"), ensure_ascii=False)
    assert [personal for personal in PERSONAL if personal in events] == []
    typed = [text for (text,) in rows("SELECT text FROM note")]
    assert typed
    assert all(text.startswith("typed: ") for text in typed)
    assert "typed" not in events


def test_each_event_of_whole_lives_is_said(lives):
    (failed,) = timeline("step-failed")
    assert failed.detail.startswith("There is no shipping zone for … …")
    for told in timeline():
        assert told.detail, told
        for text in (told.event, told.detail):
            assert "{" not in text
            assert [personal for personal in PERSONAL if personal in text] == []


def test_each_note_stands_beside_what_it_says_why(lives):
    noted = rows("SELECT DISTINCT kind, text FROM audit_event JOIN note ON note.id = note_id")
    assert set(noted) == {
        ("refund-paid", "typed: bank"),
        ("cancellation-requested", "typed: changed her mind"),
        ("cancellation-requested", "typed: not any more"),
        ("pickup-missed", "typed: no van"),
        ("put-first", "typed: he calls each day"),
        ("put-on-hold", "typed: odd"),
        ("answered", "typed: the rest later"),
        ("undo-picking", "typed: the wrong tote"),
    }


def steps():
    """All steps there are in tasks/, each once."""
    for module in iter_modules(tasks.__path__, "tasks."):
        for one in vars(resolve_name(module.name)).values():
            if hasattr(one, "step_name") and one.__module__ == module.name:
                yield one


def test_the_event_of_each_step_is_read_with_what_the_step_gives():
    given = {step.step_name: signature(step.body).return_annotation for step in steps()}
    known = {kind: STEP_RESULTS[kind] for kind in STEP_RESULTS.keys() - WITHOUT_A_STEP}
    assert given == known


def test_every_kind_has_a_title_and_a_way_to_be_said():
    assert EVENTS.keys() == set(EventKind)
    assert Titles.messages.keys() == KINDS
    for kind in STEP_RESULTS:
        assert Titles.messages[kind] == StepName(kind).display_name


GERMAN = {
    Titles.messages["answered"]: "{gate}: erledigt",
    Titles.messages["calculate-total-order-value"]: "Auftragswert",
    "Pick": "Kommissionieren",
    "total {total}": "Summe {total}",
    "{what} (through {channel})": "{what} (über {channel})",
    "picked in full by {who}": "vollständig, sagt {who}",
}


@pytest.fixture
def german(tmp_path):
    catalogue = Catalog("de")
    for english, translated in GERMAN.items():
        catalogue.add(english, translated)
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "packline.po").open("wb") as file:
        write_po(file, catalogue)
    return Language("de_DE", ZoneInfo("Europe/Berlin"), tmp_path)


def said_of(number, language=None):
    with transaction() as session:
        found = timeline_of(session, session.get(SalesOrder, number), language)
    return {row.event: row.detail for row in found}


def test_the_timeline_is_in_the_readers_language(process, german):
    number = order(MUG=2)
    process.run(number)
    process.answer("picking", number)
    english, translated = said_of(number), said_of(number, german)
    assert english["Calculate Total Order Value"] == "total £28.95"
    assert english["Pick: done"] == "picked in full by Jo (through command line)"
    assert translated["Auftragswert"] == "Summe 28,95\N{NO-BREAK SPACE}£"
    assert translated["Kommissionieren: erledigt"] == "vollständig, sagt Jo (über command line)"


def test_one_of_something_is_said_as_one(process):
    number = order(MUG=1)
    process.run(number)
    process.ship(number)
    said = said_of(number)
    assert said["Get Picking Checklist"] == "1 piece from 1 bin"
    assert said["Update Inventory Stock"] == "1 piece booked out"
    assert said["Send Shipment Notification"] == "mailed to 1 address"


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("beamed-up", {"to": "orbit"}),
        ("check-inventory-levels", {"shortages": "a new shape"}),
        ("answered", {"gate": "gift-wrap", "task_id": 1, "through": "console", "result": {}}),
        ("answered", {}),
        ("send-shipment-notification", {}),
    ],
)
def test_an_event_of_another_version_is_shown_as_far_as_it_is_understood(kind, values):
    assert str(title(kind, values))
    assert str(detail(kind, values)) == ""


def test_a_long_note_is_cut_to_what_fits(session):
    add_event(session, "order:1", EventKind.RUN_STARTED, OfRun(run_id="r"), note="x" * 9_000)
    session.flush()
    assert rows_in(session, "SELECT length(text) FROM note") == [(2000,)]


def rows_in(session, query):
    return [tuple(row) for row in session.connection().exec_driver_sql(query)]


def test_a_message_is_kept_without_what_is_known_of_the_customer():
    known = SalesOrder(
        customer_name="Ada Byron", email="ada@example.com", address_line1="1", address_line2="",
        city="York", region="", postal_code="123",
    )  # fmt: skip
    part = Message("part", "{who}", {"who": "for Ada Byron, York"})
    when = datetime(2026, 11, 23, tzinfo=UTC)
    values = {"part": part, "codes": ("123", "1234"), "at": when, "number": 123}
    hidden = without_customer(Message("whole", "{part}", values), known)
    assert hidden.values["part"].values == {"who": "for …, …"}
    assert hidden.values["codes"] == ("…", "1234")
    assert (hidden.values["at"], hidden.values["number"]) == (when, 123)
