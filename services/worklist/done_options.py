"""How the command line asks for an answer: the options that a gate adds to `packline done`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PIECES = r"(?P<quantity>\d{1,18})"
"""A number of pieces as it may be typed in, within what the database can hold."""

_OF_A_PRODUCT = re.compile(rf"^(?P<sku>.+)={PIECES}$", re.ASCII)


@dataclass(frozen=True)
class DoneOption:
    """An option of `packline done`, and what its gate's answer gets from it.

    `field` is the form's field, or something that the gate's `fill` makes one of. `read` turns what
    was typed in into a value, or into None if it does not understand it: `written_like` then says
    how to write it. `many`: it may be given several times, with no two of the same `unique`.
    `flag`: it takes nothing. `needed` is how somebody is told that it is missing; '': it may be
    left out, as it may where the option `unless` is given. `example` stands in the command that a
    reminder shows.
    """

    name: str
    field: str
    help: str
    metavar: str | None = None
    many: bool = False
    flag: bool = False
    read: Callable[[str], Any] = str
    written_like: str = ""
    unique: str = ""
    needed: str = ""
    unless: str = ""
    example: str = ""

    @property
    def parameter(self) -> str:
        """Its name where code has a name for it."""
        return parameter_of(self.name)

    def is_missing(self, given: Mapping[str, Any]) -> bool:
        """Whether it is needed, and stands not among the options given by their parameters."""
        named = (self.name, self.unless) if self.unless else (self.name,)
        return bool(self.needed) and not any(given.get(parameter_of(name)) for name in named)


def parameter_of(name: str) -> str:
    """The name of an option where code has a name for it: `weight_confirmed`."""
    return name.strip("-").replace("-", "_")


def pieces_of_a_product(typed: str) -> dict[str, Any] | None:
    """`MUG-01=2` as SKU and quantity."""
    item = _OF_A_PRODUCT.match(typed)
    return {"sku": item["sku"], "quantity": int(item["quantity"])} if item else None
