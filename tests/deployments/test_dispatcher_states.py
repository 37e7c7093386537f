"""The states of a run are told in one text, to developers and to people, and it is true."""

import inspect
import re
import textwrap

import deployments.dispatcher
from adapters.settings import Settings
from deployments.dispatcher.cases import MARKED, PAGE, PAUSE
from tests.conftest import PROJECT

OPERATIONS = (PROJECT / "docs" / "operations.md").read_text()
STATES = OPERATIONS.partition("### The states of a run")[2].split("```")[1].removeprefix("text\n")
ROW = re.compile(r"^(\w+(?: \w+)?) +(\w+(?: \w+)?) +(dispatcher|worker|person|Prefect) +", re.M)


def test_developers_and_people_read_the_same_states():
    told = inspect.getdoc(deployments.dispatcher)
    assert textwrap.indent(STATES, "    ") in told


def test_the_states_name_settings_and_pauses_as_they_are():
    named = set(re.findall(r"PACKLINE_(\w+)", STATES))
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    assert f"{PAUSE.seconds} s after it ended" in STATES
    assert f"{MARKED} times as long" in STATES
    assert f"{PAGE} open orders at a time" in STATES


def test_every_state_that_is_drawn_has_its_rows():
    drawing = STATES.partition("from  ")[0]
    rows = ROW.findall(STATES)
    states = {state for before, after, _ in rows for state in (before, after)} - {"any"}
    assert all(state in drawing for state in states)
    ways_out = {before for before, _, _ in rows}
    assert states - ways_out == set()
    assert len(rows) == 21


def test_what_the_dispatcher_mends_is_what_the_states_say():
    mended = {before for before, _, who in ROW.findall(STATES) if who == "dispatcher"}
    assert mended == {
        "no run",
        "AwaitingRetry",
        "Suspended",
        "Running",
        "Crashed",
        "Completed",
        "Cancelled",
        "Deleted",
        "superseded",
    }
