"""The console's pages without a browser, and people who are signed in to it."""

import re
from dataclasses import dataclass

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from sqlmodel import Session

from adapters.database.sessions import transaction
from console.server import staff_app
from models.enums import Role
from models.tables.access import UserAccount
from models.tables.staff import Staff, StaffWarehouse
from tests.databases import using

PASSWORD = "a lantern in the harbour"
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""Found out in no time: how long it takes is part of what is kept."""


@dataclass
class Person:
    """Somebody at a browser of their own."""

    name: str
    browser: TestClient

    def get(self, path):
        return self.browser.get(path)

    def post(self, path, **fields):
        """Send a form as the page has it: with the token of this sign-in."""
        return self.browser.post(path, data={"form_token": self.token()} | fields)

    def token(self):
        found = re.search(r'name="form_token" value="(\w+)"', self.get("/account").text)
        return found[1] if found else ""


def text_of(answer):
    """What can be read on a page."""
    body = re.sub(r"<(head|script|style).*?</\1>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def hire(session: Session, name: str, *roles: Role, warehouses: tuple[str, ...] = ()) -> None:
    places = [StaffWarehouse(name=name, warehouse=code) for code in warehouses]
    session.add(Staff(name=name, roles=list(roles), places=places))
    session.flush()
    account = {"login": name.lower(), "password_hash": HASHED, "must_change_password": False}
    session.add(UserAccount(staff=name, **account))


@pytest.fixture
def console(database, tmp_path):
    """The console's pages, on a database of their own."""
    with using(database, PACKLINE_DATA_FOLDER=str(tmp_path)):
        yield staff_app()


@pytest.fixture
def sign_in(console):
    """Hire somebody and sign them in: `sign_in("Ada", Role.PACKER)`."""

    def signed_in(name, *roles, **more):
        with transaction() as session:
            hire(session, name, *roles, **more)
        browser = TestClient(console, base_url="http://console.test")
        answer = browser.post("/sign-in", data={"login": name.lower(), "password": PASSWORD})
        assert answer.status_code == 200, text_of(answer)
        return Person(name, browser)

    return signed_in
