"""The command line as people type it, and what there is in the shop."""

import sys

import pytest
from sqlmodel import select

from adapters.database.sessions import transaction
from console.cli import app as cli
from console.cli import output
from models.tables.staff import Staff, StaffTask
from tests.factories import make_order, make_warehouse, receive
from tests.process import process

__all__ = ["process"]


@pytest.fixture
def packline(monkeypatch, capsys, database):
    """Run a command: (exit status, standard output, standard error)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["packline", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture
def shop(shop):
    with transaction() as session:
        session.add(Staff(name="Jo", roles=["warehouse staff"]))


@pytest.fixture
def wide(monkeypatch):
    """A terminal in which nothing has to be wrapped."""
    monkeypatch.setattr(output.screen, "width", 200)


@pytest.fixture
def picking(process, shop):
    """An order that waits for its picker; its number and its task."""
    with transaction() as session:
        number = make_order(session, {"MUG": 2, "PLATE": 1})
    process.run(number)
    with transaction() as session:
        return number, session.exec(select(StaffTask.id)).one()


@pytest.fixture
def york(shop):
    """A second warehouse, with six of the mugs."""
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
        receive(session, "MUG", 6, "YORK")
