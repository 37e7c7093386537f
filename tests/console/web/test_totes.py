"""Totes: which hold what, and their labels."""

import zxingcpp
from PIL import Image, ImageDraw

from adapters.database.sessions import transaction
from adapters.documents.barcodes import code128
from models.enums import Role
from services.worklist.totes import bind_tote
from tests.console.web.conftest import text_of
from tests.factories import make_order, make_product


def scanned(text):
    """What a scanner reads from a printed code."""
    bars = code128(text, 2)
    picture = Image.new("L", (int(bars.width) + 80, 80), 255)
    drawn = ImageDraw.Draw(picture)
    for left, width in bars.drawn:
        drawn.rectangle((left + 40, 0, left + 40 + width - 1, 80), fill=0)
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def test_the_page_says_which_totes_hold_what(console, sign_in):
    jo = sign_in("Jo", Role.WAREHOUSE_STAFF)
    assert "All totes are empty." in text_of(jo.get("/totes"))
    with transaction() as session:
        make_product(session, "MUG")
        number = make_order(session, {"MUG": 1})
        bind_tote(session, "PLT-0007", (number, 1), "Jo")
    text = text_of(jo.get("/totes"))
    assert "One tote holds goods" in text
    assert f"PLT-0007 order {number}" in text


def test_labels_are_printed_by_number(console, sign_in):
    jo = sign_in("Jo", Role.WAREHOUSE_STAFF)
    text = text_of(jo.get("/totes/labels?first=9&count=2"))
    assert "PLT-0009 PLT-0010" in text
    assert scanned("PLT-0010") == ["PLT-0010"]
    for nonsense in ("first=0", "count=0", "count=101", "first=x"):
        assert jo.get(f"/totes/labels?{nonsense}").status_code == 422


def test_only_who_does_tasks_sees_totes(console, sign_in):
    ada = sign_in("Ada", Role.ADMIN)
    for path in ("/totes", "/totes/labels"):
        assert ada.get(path).status_code == 403
