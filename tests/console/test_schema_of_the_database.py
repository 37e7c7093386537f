"""The database that a command finds: our own is brought up to date, another only when asked to."""

import pytest

from adapters.database.schema import unmigrate
from adapters.database.sessions import engine
from adapters.settings import settings
from console.cli import database as found
from tests.console.asking import as_json


@pytest.fixture
def outdated(database):
    unmigrate(engine())


def test_another_database_is_left_as_it_is_until_it_is_migrated(packline, outdated):
    status, _, err = packline("orders")
    assert (status, "run `packline up` or `packline migrate` once" in err) == (1, True)
    assert packline("migrate")[:2] == (0, "The database has this version's schema.\n")
    assert as_json(packline("orders", "--json")) == []


def test_our_own_database_is_brought_up_to_date_by_itself(packline, outdated, monkeypatch):
    ours = settings().model_copy(update={"database_url": None})
    monkeypatch.setattr(found, "settings", lambda: ours)
    assert as_json(packline("orders", "--json")) == []
