"""The codes of shipments, as they are printed, scanned and typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shipment_codes import has_prefix, read_shipment_code, shipment_code


@given(st.integers(1, 10**17), st.integers(1, 10**8))
def test_a_printed_code_reads_back_as_its_shipment(number: int, shipment: int) -> None:
    code = shipment_code(number, shipment)
    assert read_shipment_code(code) == (number, shipment)
    assert has_prefix(code)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1001", (1001, 1)),
        (" sh1001 ", (1001, 1)),
        ("1001-2", (1001, 2)),
        ("SH1001.2", (1001, 2)),
        ("SH", None),
        ("MUG-01", None),
        ("1001-", None),
        ("١٠٠١", None),
    ],
)
def test_a_code_is_read_as_people_write_it(typed: str, meant: tuple[int, int] | None) -> None:
    assert read_shipment_code(typed) == meant


def test_a_number_alone_may_be_anything() -> None:
    assert not has_prefix("1001")
    assert not has_prefix("SHIRT-01")
