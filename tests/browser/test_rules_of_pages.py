"""What a page decides without a network, the server decides in the same way."""

import random
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.database.sessions import transaction
from console.web.assets import asset
from domain.barcodes import element_string, without_symbology
from domain.command_codes import CommandCode, command_of
from models.enums import ShortPickReason
from models.scanning import ScanIn
from models.tables.staff import StaffTask
from services.scanning.scans import take_scans
from services.scanning.state import picking_state
from services.worklist.taking import take
from tests.factories import make_order, make_product, make_tariffs
from tests.process import Process, execute, open_task_id, set_to
from tests.scanning import picker

pytestmark = pytest.mark.slow

MUG = "2000000000015"
CODES = [
    MUG, MUG, f"0{MUG}", "barcode of PLATE", "barcode of LAMP", "12000000000012", "A-01-1",
    "A-10-1", "B-07-12", "]C10102000000000015", "]C102020000000000153702", f"]E0{MUG}",
    "]C0B-07-12", "nonsense", "0200000000",
]  # fmt: skip
ROUNDS, LENGTH = 12, 40


@pytest.fixture
def modules(phone, console):
    """The modules of the page, in a browser that has no page of ours open."""
    page = phone.new_page()
    page.goto("/sign-in")
    page.evaluate(
        f"""async () => {{
            window.rules = await import("{asset("rules.js")}");
            window.codes = await import("{asset("codes.js")}");
        }}"""
    )
    return page


@pytest.fixture
def task(console, monkeypatch):
    with transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG", stock=10)
        make_product(session, "PLATE", stock=4, bin="A-10-1")
        make_product(session, "LAMP", stock=9, bin="B-07-12")
        number = make_order(session, {"MUG": 4, "PLATE": 1, "LAMP": 2})
    execute("INSERT INTO barcode (barcode, sku, pieces) VALUES ('12000000000012', 'MUG', 3)")
    assert Process(monkeypatch).run(number) == "picking-1"
    return open_task_id("picking", number)


def acts(chance, sequence, state):
    """Any scan or press of a button."""
    kind = chance.choice(["code"] * 6 + ["undo", "short", "skip"])
    scan = {"key": str(uuid4()), "take": state.take, "act": kind, "sequence": sequence, "raw": ""}
    if kind == "code":
        return scan | {"raw": chance.choice(CODES)}
    if kind == "short":
        return scan | {"why": chance.choice(list(ShortPickReason)).value}
    return scan


@pytest.mark.parametrize("bins", ["first", "optional"])
def test_a_page_counts_as_the_server_does(modules, task, monkeypatch, bins):
    set_to(monkeypatch, PACKLINE_SCAN_BINS=bins)
    chance, jo, device = random.Random(bins), picker(), uuid4()
    for _ in range(ROUNDS):
        execute("UPDATE staff_task SET taken_by = NULL, taken_at = NULL, taken_until = NULL")
        take(task, jo)
        with transaction() as session:
            state = picking_state(session, session.get_one(StaffTask, task), jo)
        scans = [acts(chance, number, state) for number in range(LENGTH)]
        taken = take_scans(task, [ScanIn(device=device, **scan) for scan in scans], jo)
        played = modules.evaluate(
            """([state, scans]) => {
                const results = scans.map((scan) => rules.apply(state, scan).result);
                return { state, results };
            }""",
            [state.model_dump(mode="json"), scans],
        )
        assert played["results"] == [answer.result for answer in taken.answers]
        ours, pages = taken.state.model_dump(mode="json"), played["state"]
        assert pages["lines"] == ours["lines"]
        assert pages["undoable"] == ours["undoable"]


def test_a_page_reads_element_strings_as_the_server_does(modules):
    parts = st.sampled_from(
        ["01", "02", "00", "10", "21", "37", "15", "17", "3103", "\x1d", "]C1", "]d2", "]E0",
         "]Q3", "]e0", "02000000000015", "12000000000012", "12", "ABC", "261231", "000012",
         "4", "0"]
    )  # fmt: skip
    codes = st.lists(parts, max_size=8).map("".join)

    @settings(max_examples=200)
    @given(st.lists(codes, min_size=20, max_size=60))
    def agree(many):
        lines = [{"codes": {"02000000000015": 1, "12000000000012": 12}}]
        read = modules.evaluate(
            "([lines, many]) => many.map((raw) => codes.goodsOf(lines, raw)?.pieces ?? null)",
            [lines, many],
        )
        assert read == [pieces_of(lines[0]["codes"], raw) for raw in many]

    agree()


def pieces_of(known, raw):
    raw = without_symbology(raw)
    key = raw.zfill(14) if raw.isdecimal() and len(raw) in (8, 12, 13, 14) else raw
    if key in known:
        return known[key]
    read = element_string(raw)
    pieces = known.get(read.gtin or "") if read else None
    return pieces * read.count if pieces and read.count else None


def test_a_page_knows_each_command(modules):
    found = "(many) => many.filter((one) => codes.commandOf(one))"
    known = modules.evaluate(found, list(CommandCode))
    assert known == list(CommandCode)
    assert command_of("PL-NONSENSE") is None
    assert modules.evaluate("codes.commandOf('PL-NONSENSE')") is None
