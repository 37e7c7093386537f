"""What all commands have in common: help, JSON, errors in one sentence, a quick start."""

import re
import subprocess
import sys
from importlib import import_module
from inspect import isfunction
from pkgutil import iter_modules

import psycopg
import pytest
import typer

import benchmarks.cli
import console.cli
from adapters.database.sessions import database_url, forget, transaction
from console.cli.answer_options import WithGateOptions
from console.cli.commands import COMMANDS
from console.cli.loading import command, loaded
from tests.console.asking import as_json
from tests.factories import make_order

SHARED = {
    "answer_options",
    "app",
    "commands",
    "database",
    "database_errors",
    "importing",
    "kept_rows",
    "label_files",
    "loading",
    "options",
    "output",
    "progress",
    "promises",
    "requests",
}
"""Modules of the command line without commands of their own, beside those that show tables."""
SAYS_IT_IN_JSON = (
    "import",
    "orders",
    "order",
    "tasks",
    "done",
    "stock",
    "summary",
    "audit",
    "refunds",
    "refunded",
)
OF_SOME_COMMANDS = {
    "alembic",
    "benchmarks",
    "deployments.demo",
    "deployments.dispatcher",
    "deployments.stack",
    "fastapi",
    "flows",
    "jinja2",
    "matplotlib",
    "numpy",
    "prefect",
    "pycountry",
    "reportlab",
    "rich.progress",
    "services.answers.submit",
    "services.audit.audit",
    "services.imports.files",
    "tasks",
}
LOADED = """
import sys
from console.cli.app import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def test_every_command_explains_itself(packline):
    for name in COMMANDS:
        status, out, _ = packline(name, "--help")
        assert status == 0
        assert len(re.sub(r"\s+", " ", out)) > 100, name


def test_the_list_says_of_each_command_what_the_command_says_of_itself():
    for name, listed in COMMANDS.items():
        of_itself = command(name).help.partition("\n\n")[0]
        assert listed.help == " ".join(of_itself.split()), name


def test_every_room_of_the_command_line_is_in_the_list_with_all_its_commands():
    for module in rooms():
        listed = [loaded(each.where) for each in COMMANDS.values() if of(module, each)]
        assert listed, f"{module.__name__} has no command in the list, or is no room"
        assert commands_among(listed) == public_functions(module), module.__name__


def rooms():
    """The modules that hold commands."""
    names = [each.name for each in iter_modules(console.cli.__path__)]
    rooms = [name for name in names if name not in SHARED and not name.endswith("_tables")]
    return [import_module(f"console.cli.{name}") for name in rooms] + [benchmarks.cli]


def of(module, listed):
    return listed.where.startswith(f"{module.__name__}:")


def commands_among(listed):
    """The functions behind commands, and behind groups of commands."""
    return {function for each in listed for function in functions_of(each)}


def functions_of(listed):
    if not isinstance(listed, typer.Typer):
        return [listed]
    behind = (listed.registered_callback, *listed.registered_commands)
    return [each.callback for each in behind if each]


def public_functions(module):
    here = [each for each in vars(module).values() if is_function(each)]
    mine = [each for each in here if each.__module__ == module.__name__]
    return {each for each in mine if not each.__name__.startswith("_")}


def is_function(each):
    return isfunction(each) or isinstance(each, WithGateOptions)


def test_commands_that_print_data_take_json():
    for name in SAYS_IT_IN_JSON:
        options = {o for p in command(name).params for o in p.opts}
        assert "--json" in options, name


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], OF_SOME_COMMANDS | {"sqlmodel"}),
        (["tasks"], OF_SOME_COMMANDS | {"rich.markdown"}),
    ],
)
def test_what_only_some_commands_need_is_not_loaded_for_others(database, arguments, unwanted):
    """Whoever looks at the list of tasks waits for what is loaded."""
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True
    )
    loaded_modules = set(ran.stderr.split())
    assert "console.cli.commands" in loaded_modules
    assert loaded_modules & unwanted == set()


@pytest.mark.parametrize("arguments", [[], ["bench"]])
def test_a_command_that_does_not_exist_is_refused(packline, arguments):
    status, _, err = packline(*arguments, "taks")
    assert status == 2
    assert "No such command 'taks'" in err
    assert ("'tasks'" in err) == (not arguments)


def test_a_database_that_does_not_answer_is_named_without_its_password(packline, monkeypatch):
    monkeypatch.setenv("PACKLINE_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/shop")
    forget()
    status, _, err = packline("orders")
    assert status == 1
    assert "does not answer" in err
    assert "PACKLINE_DATABASE_URL" in err
    assert "secret" not in err


@pytest.mark.parametrize(
    ("locked", "sentence"),
    [
        ("SELECT FROM sales_order FOR UPDATE", "Somebody is working on order 1001 at this moment"),
        ("LOCK shipment", "Somebody is working on the same thing at this moment"),
    ],
)
def test_what_somebody_has_locked_is_said_in_one_sentence(
    packline, process, monkeypatch, locked, sentence
):
    monkeypatch.setenv("PACKLINE_LOCK_TIMEOUT_SECONDS", "0.1")
    with transaction() as session:
        make_order(session)
    forget()
    with psycopg.connect(database_url()) as working:
        working.execute(locked)
        status, _, err = packline("cancel", "1001", "--reason", "late", "--by", "Max")
    assert (status, err.strip()) == (1, f"{sentence}: try again in a few seconds.")


def test_a_bad_setting_stops_any_command(packline, monkeypatch):
    monkeypatch.setenv("PACKLINE_TIME_ZONE", "Mars/Olympus")
    forget()
    status, _, err = packline("orders")
    assert status == 1
    assert err.startswith("PACKLINE_TIME_ZONE 'Mars/Olympus'")


@pytest.mark.parametrize("garbled", ["a\x00", "\udcff"])
def test_what_no_text_in_the_database_can_be_is_not_found_there(packline, shop, garbled):
    status, _, err = packline("tasks", "--for", garbled)
    assert status == 1
    assert f"Nobody called {garbled!r} works here" in err
    assert as_json(packline("stock", "--sku", garbled, "--json")) == []


BY_JO = ("--reference", "slip 1", "--by", "Jo")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("order", "9" * 30), f"There is no order {'9' * 30}: "),
        (("orders", "--limit", "9" * 30), "1000000"),
        (("tasks", "--limit", "9" * 30), "1000000"),
        (("stock", "--limit", "9" * 30), "1000000"),
        (("refunds", "--limit", "9" * 30), "1000000"),
        (("stock", "receive", "MUG", "-3", *BY_JO), "quantity '-3'"),
        (("stock", "count", "MUG", "-1", *BY_JO), "counted '-1'"),
        (
            (
                "stock",
                "move",
                "MUG",
                "-1",
                "--from",
                "MAIN",
                "--to",
                "YORK",
                "--reason",
                "x",
                *BY_JO,
            ),
            "quantity '-1'",
        ),
    ],
)
def test_a_number_that_cannot_be_is_refused_in_one_sentence(packline, shop, command, sentence):
    status, _, err = packline(*command)
    assert status != 0
    assert sentence in " ".join(err.replace("│", " ").split())
    assert "No such option" not in err
