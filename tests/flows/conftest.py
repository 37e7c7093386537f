"""The processes, played without Prefect's server."""

import pytest

from adapters.database.sessions import transaction
from tests.factories import make_order
from tests.process import process

__all__ = ["process"]


@pytest.fixture
def number(shop):
    """A New order of a plate and two mugs."""
    with transaction() as session:
        return make_order(session, {"PLATE": 1, "MUG": 2})
