"""Codes of totes."""

import pytest

from domain.command_codes import CommandCode, command_of
from domain.totes import read_tote_code, tote_code


def test_a_printed_code_is_read_however_the_scanner_writes_it():
    assert tote_code(7) == "PLT-0007"
    assert tote_code(12_345) == "PLT-12345"
    assert read_tote_code(" plt-0007\r") == "PLT-0007"
    assert read_tote_code("PLT-RED-3") == "PLT-RED-3"


@pytest.mark.parametrize(
    "code",
    ["", "PLT-", "PLT--1", "PLT-Ü", "PLT-1\x00", "SH1001", "0007", "PLT-" + "1" * 29, *CommandCode],
)
def test_what_is_no_tote_is_not_read_as_one(code):
    assert read_tote_code(code) is None


def test_no_tote_is_a_command():
    assert command_of(tote_code(1)) is None
