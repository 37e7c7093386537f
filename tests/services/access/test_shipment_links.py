"""Links on paper: signed, for a while, under this key or its predecessor."""

from datetime import timedelta

import pytest

from models.base import utc_now
from services.access.shipment_links import (
    BadLink,
    linked_shipment,
    shipment_link,
    shipment_scanned,
)
from tests.process import set_to

OLD, NEW = "o" * 40, "n" * 40
URL = "https://packline.example"
NOW = utc_now()


@pytest.fixture(autouse=True)
def _reached(session, monkeypatch):
    set_to(monkeypatch, PACKLINE_CONSOLE_URL=f"{URL}/", PACKLINE_SECRET_KEY=OLD)


def token(which=(1001, 2)):
    return shipment_link(which, NOW).removeprefix(f"{URL}/t/")


def test_a_link_names_its_shipment_for_two_weeks():
    assert linked_shipment(token(), NOW + timedelta(days=13)) == (1001, 2)
    with pytest.raises(BadLink, match="expired: find order 1001"):
        linked_shipment(token(), NOW + timedelta(days=15))


@pytest.mark.parametrize("bad", ["", "x", "WzEwMDEsMSw5XQ.abc", "é"])
def test_a_link_that_we_have_not_signed_opens_nothing(bad):
    with pytest.raises(BadLink, match="none of ours"):
        linked_shipment(bad, NOW)


def test_a_link_of_the_former_key_still_opens(monkeypatch):
    before = token()
    set_to(monkeypatch, PACKLINE_SECRET_KEY=f"{NEW},{OLD}")
    assert linked_shipment(before, NOW) == (1001, 2)
    assert token() != before
    set_to(monkeypatch, PACKLINE_SECRET_KEY=NEW)
    with pytest.raises(BadLink):
        linked_shipment(before, NOW)


def test_without_an_address_there_is_no_link(monkeypatch):
    set_to(monkeypatch, PACKLINE_CONSOLE_URL="")
    assert shipment_link((1001, 1), NOW) == ""
    assert shipment_scanned(f"{URL}/t/x", NOW) is None


def test_what_is_scanned_is_a_code_or_a_link_of_ours():
    assert shipment_scanned("SH1001.2", NOW) == (1001, 2)
    assert shipment_scanned(shipment_link((1001, 2), NOW), NOW) == (1001, 2)
    assert shipment_scanned("1001", NOW) is None
    assert shipment_scanned("https://other.example/t/x", NOW) is None
