"""Printed commands are read however a scanner writes them, and are never a product's code."""

import pytest

from domain.barcodes import element_string
from domain.command_codes import CommandCode, command_of


@pytest.mark.parametrize("code", CommandCode)
def test_a_command_is_read_in_any_case(code):
    assert command_of(code.lower()) == code
    assert command_of(f" {code}\r") == code
    assert element_string(code) is None


@pytest.mark.parametrize("scanned", ["", "PL-", "PL-DONE-1", "2000000000015"])
def test_anything_else_is_none(scanned):
    assert command_of(scanned) is None
