"""What steps give back goes through Prefect's engine, and into the ledger."""

import pkgutil
from importlib import import_module

import pytest

import models.results
from models.results.base import StepResult

RESULTS = [
    kind
    for module in pkgutil.iter_modules(models.results.__path__)
    for kind in vars(import_module(f"models.results.{module.name}")).values()
    if isinstance(kind, type) and issubclass(kind, StepResult)
]


@pytest.mark.parametrize("kind", RESULTS, ids=lambda kind: kind.__name__)
def test_prefect_can_look_into_a_result(kind):
    """It makes a `dict` of it, and a field named `keys` would be taken for a mapping's method."""
    assert "keys" not in kind.model_fields
