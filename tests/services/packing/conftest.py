"""An order on the packer's bench."""

import pytest

from adapters.database.sessions import transaction
from models.enums import Channel, Role
from models.tables.catalogue import Barcode
from models.tables.shipping import Box
from models.tables.staff import Staff
from services.access.actors import Actor
from services.worklist.taking import take
from tests.factories import make_order
from tests.process import open_task_id, process

__all__ = ["process"]

KIM = Actor(name="Kim", channel=Channel.CONSOLE, roles=frozenset({Role.PACKER}))
PAT = Actor(name="Pat", channel=Channel.CONSOLE, roles=frozenset({Role.PACKER}))


@pytest.fixture
def catalogue(shop):
    """Barcodes of single pieces and of a case, and two boxes."""
    with transaction() as session:
        session.add_all(Staff(name=who.name, roles=[Role.PACKER]) for who in (KIM, PAT))
        session.add(Barcode(barcode="96385074", sku="MUG", pieces=1))
        session.add(Barcode(barcode="CASE-OF-6", sku="MUG", pieces=6))
        for code, side, carries in (("S", 150, 1_000), ("L", 400, 20_000)):
            sides = dict.fromkeys(("inner_length_mm", "inner_width_mm", "inner_height_mm"), side)
            session.add(Box(code=code, weight_grams=100, max_content_grams=carries, **sides))


@pytest.fixture
def order(catalogue, process):
    """Three mugs and a plate that are picked."""
    with transaction() as session:
        number = make_order(session, {"MUG": 3, "PLATE": 1})
    process.run(number)
    process.answer("picking", number)
    process.run(number)
    return number


@pytest.fixture
def task(order):
    """The order's packing task, taken by Kim."""
    return take(open_task_id("packing", order), KIM).id
