"""One term for each thing, the same in code, database, pages and docs: the old ones stay away."""

import ast
import re
import tomllib

import pytest

from tests.conftest import PROJECT

OLD = re.findall(
    r"\S+",
    """
    heed turn_back on_its_way_back take_back WAY_BACK WAY_BACK_STEPS held_at waits_at ready_at
    reservation reservations Reservation ReservationState reserved CONSUMED let_go give_up regain
    take_along hold_again take_over overtake overtaken OvertakenRun hand_over take_ready HandedOver
    PACKLINE_FAULTS time_can_heal exclusive Occupied put_short lost_goods LostGoods take_off_stock
    put_back put-back PutBack PUT_BACK put_back_hours PACKLINE_PUT_BACK_HOURS
    Incoming Tally Malformed complaint complaints showable move_on OrderRef DayRef
    ask_to_cancel is_beyond_recall giving_way on_whom_it_depends _gets _keeps _settle
    label_issue again_in PlayedStaff tether units_shipped
""",
)
"""Identifiers that name nothing any more, in code, SQL, templates and docs."""

OLD_DEFINITIONS = re.findall(
    r"\S+",
    """
    own tell reach faults trouble shown standing settle want lose mend intake
    Subject Claim Which Draft Turn Stop Standing Trouble
""",
)
"""Plain English in a sentence; as names in code they have given way to the field's own."""

OLD_BUSINESS = re.compile(
    r"(?<![a-z])(intakes?|(put(s|ting)?|way)[ _-]?back|reserv(e[sd]?|ing|ations?))(?![a-z])",
    re.IGNORECASE,
)
"""For people it is: imports, restock, compensation, allocate."""

PACKAGES = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "root_packages"
]
SUFFIXES = {".py", ".sql", ".md", ".html", ".txt", ".csv", ".cfg", ".mako"}
PLACE = re.compile(rf"\b((?:{'|'.join([*PACKAGES, 'tests', 'docs'])})/[\w/.-]+\.(?:py|sql|md))\b")


def files(*folders):
    """All that people have written in these folders."""
    for folder in folders:
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.suffix in SUFFIXES and "__pycache__" not in path.parts:
                yield path


SHIPPED = [*files(*PACKAGES)]
PAGES = [PROJECT / "README.md", *files("docs")]
ALL = [
    path
    for path in (*SHIPPED, *PAGES, *files("tests"), PROJECT / "Makefile", PROJECT / "prefect.yaml")
    if path.name not in ("test_words.py", "test_changing.py")
]


def found(pattern, paths):
    """Where it stands, as `file:line: what`."""
    return [
        f"{path.relative_to(PROJECT)}:{number}: {match[0]}"
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for match in re.finditer(pattern, line)
    ]


def test_old_identifiers_are_gone():
    suspects = [path for path in ALL if has_one_of(OLD, path.read_text())]
    assert found(rf"(?<!\w)({'|'.join(OLD)})(?!\w)", suspects) == []


def has_one_of(names, text):
    """Quicker than one expression for all of them."""
    return any(name in text for name in names)


def test_no_file_is_called_by_an_old_word():
    names = [str(path.relative_to(PROJECT)) for path in ALL]
    assert [name for name in names if OLD_BUSINESS.search(name) or set(OLD) & words(name)] == []


def words(name):
    return set(re.split(r"[/.]", name))


def test_nothing_is_defined_by_an_old_word():
    there = [
        f"{path.relative_to(PROJECT)}:{line}: {name}"
        for path in SHIPPED
        if path.suffix == ".py"
        for name, line in definitions(ast.parse(path.read_text()))
        if name in OLD_DEFINITIONS
    ]
    assert there == []


def definitions(module):
    """Functions, classes and columns, wherever they are defined."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node.lineno


def test_people_read_none_of_the_old_words():
    """In no message, help, form, template, column or page: nor in a comment beside them."""
    assert found(OLD_BUSINESS, [*SHIPPED, *PAGES, PROJECT / "Makefile"]) == []


def test_every_file_that_code_names_is_there():
    named = found(PLACE, ALL)
    assert [place for place in named if not (PROJECT / place.rpartition(": ")[2]).exists()] == []


@pytest.mark.parametrize(
    "line", ["session.put_back(order)", "held_at: str", "class Tally:", "-- PutBack"]
)
def test_an_old_identifier_would_be_found(line):
    assert re.search(rf"(?<!\w)({'|'.join(OLD)})(?!\w)", line)


@pytest.mark.parametrize("line", ["## The way back", "goods are put back", "Reserved stock"])
def test_an_old_word_of_the_business_would_be_found(line):
    assert OLD_BUSINESS.search(line)
