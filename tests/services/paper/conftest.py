"""Papers to be printed, and a printer."""

import pytest

from adapters.database.sessions import transaction
from models.enums import Channel, Role
from services.access.actors import Actor
from services.paper.printers import offer_printer
from tests.factories import make_label, make_order
from tests.process import process

__all__ = ["process"]

KIM = Actor(name="Kim", channel=Channel.CONSOLE, roles=frozenset({Role.PACKER}))


@pytest.fixture
def zebra(shop):
    with transaction() as session:
        return offer_printer(session, "Zebra", description="labels").name


@pytest.fixture
def label(shop):
    """The document that the label of an order is."""
    with transaction() as session:
        number = make_order(session, {"MUG": 1})
        return f"label:{make_label(session, number, pdf=b'%PDF label').key}"
