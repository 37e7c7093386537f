"""Cases of one kind: which of them `make test` runs, and which only `make slow`."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest
from _pytest.mark import ParameterSet


def mostly_slow(values: Iterable[Any], but: Collection[Any]) -> list[ParameterSet]:
    """The parameters of a family, marked `slow` but for a few, which stand for all of them."""
    few = list(but)
    marked = [pytest.param(one, marks=() if one in few else pytest.mark.slow) for one in values]
    assert sum(not one.marks for one in marked) == len(few)
    return marked
