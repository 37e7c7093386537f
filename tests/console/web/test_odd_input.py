"""What no page of ours sends: it is refused in a sentence, and nothing breaks."""

import re

import pytest
from fastapi.testclient import TestClient

from models.enums import Role
from tests.console.web.test_protection import ALL
from tests.process import rows

FORMS = [route for route in ALL if "POST" in route.methods and not route.path.startswith("/sign-")]
FIELDS = (
    "act", "badge", "carrier", "code", "collected_at", "confirmation_number", "document", "key",
    "lacking_sku", "language", "login", "name", "new_password", "note", "old_password", "outcome",
    "parcel", "parcel_number", "parcels.0.box", "pin", "printer", "quantity", "reason",
    "reference", "request", "sku", "staff", "take", "task", "to", "warehouse",
)  # fmt: skip
NUMBERS = ("0", "-1", str(2**63), "9" * 5000)


@pytest.fixture
def everybody(console, picking, sign_in):
    """Somebody who may do everything, and has taken a picking."""
    _, task = picking
    ada = sign_in("Ada", *Role)
    ada.post(f"/tasks/{task}/take")
    browser = TestClient(console, base_url="http://console.test", raise_server_exceptions=False)
    for cookie in ada.browser.cookies.jar:
        browser.cookies.jar.set_cookie(cookie)
    return browser, ada.token(), task


@pytest.mark.parametrize("odd", ["\x00", "-1", "9" * 5000, "x" * 50_000], ids=lambda it: it[:2])
def test_no_form_breaks_on_odd_values(everybody, odd):
    browser, token, task = everybody
    for route in FORMS:
        path = re.sub(r"{change}", "receive", route.path)
        path = re.sub(r"{(task_id|number)}", str(task), path)
        path = re.sub(r"{.*?}", "99", path)
        answer = browser.post(path, data=dict.fromkeys(FIELDS, odd) | {"form_token": token})
        assert answer.status_code < 500, path


@pytest.mark.parametrize("number", NUMBERS, ids=lambda it: it[:2])
def test_no_page_breaks_on_a_number_that_nothing_has(everybody, number):
    browser, token, _ = everybody
    for route in ALL:
        path = re.sub(r"{.*?}", number, route.path)
        if "{" not in route.path or path.startswith("/stock"):
            continue
        sent = {"data": {"form_token": token}} if "POST" in route.methods else {}
        answer = browser.request(min(route.methods), path, **sent)
        assert answer.status_code < 500, path


@pytest.mark.parametrize("way", ["packing/scan", "packing/measures", "restock/scan"])
def test_a_task_is_done_on_the_pages_of_its_kind_only(everybody, way):
    browser, token, task = everybody
    scan = {"key": "6a4c0df2-5f7e-4f0c-9d57-6f6e0c7c1f0b", "code": "2000000000015"}
    answer = browser.post(
        f"/tasks/{task}/{way}", data={"form_token": token, "parcel_number": "1"} | scan
    )
    assert answer.status_code == 404
    assert rows("SELECT count(*) FROM packing_parcel") == [(0,)]


def test_a_stranger_who_sends_too_much_is_refused_and_fills_no_log(console, caplog):
    stranger = TestClient(console, base_url="http://console.test", raise_server_exceptions=False)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    pieces = (b"login=" + b"a" * 50_000 + b"&" for _ in range(30))
    assert stranger.post("/sign-in", content=pieces, headers=form).status_code == 422
    long = form | {"Content-Length": "9" * 5000}
    assert stranger.post("/sign-in", content=b"", headers=long).status_code == 413
    assert not caplog.records
