"""Scanners and tablets that many share: people sign in there by badge and PIN."""

import re

import pytest
from fastapi.testclient import TestClient

from models.enums import Channel, Role
from services.access.actors import Actor
from services.accounts.badges import issue_badge
from tests.console.web.conftest import PASSWORD, text_of
from tests.process import execute, rows

INES = Actor(name="Ines", channel=Channel.CONSOLE, roles=frozenset({Role.ADMIN}))
PIN = "739154"


@pytest.fixture
def device(sign_in, console):
    """A browser that an admin has registered and handed over."""
    ines = sign_in("Ines", Role.ADMIN)
    answer = ines.post("/devices", name="Bench 2", language="de")
    assert "This is a shared device now" in text_of(answer)
    ines.post("/sign-out")
    return ines.browser


@pytest.fixture
def with_badge(sign_in):
    def somebody(name, *roles):
        person = sign_in(name, *roles)
        badge = issue_badge(name.lower(), INES)
        assert "new PIN" in text_of(person.post("/account/pin", pin=PIN))
        return person, badge

    return somebody


def by_badge(device, badge, pin=PIN):
    return device.post("/sign-in/badge", data={"badge": badge, "pin": pin, "next": "/work"})


def test_one_signs_in_by_badge_and_pin_in_the_devices_language(device, with_badge):
    _, badge = with_badge("Ada", Role.PACKER)
    answer = by_badge(device, badge)
    assert answer.url.path == "/work"
    assert 'lang="de"' in answer.text
    assert rows("SELECT staff FROM web_session WHERE device_id IS NOT NULL") == [("Ada",)]


def test_the_next_person_takes_over_and_what_the_former_had_is_free(device, with_badge, picking):
    _, task = picking
    _, adas = with_badge("Ada", Role.WAREHOUSE_STAFF)
    _, beas = with_badge("Bea", Role.WAREHOUSE_STAFF)
    by_badge(device, adas)
    token = re.search(r'name="form_token" value="(\w+)"', device.get("/work").text)[1]
    device.post(f"/tasks/{task}/take", data={"form_token": token})
    assert rows("SELECT taken_by FROM staff_task") == [("Ada",)]
    assert "Bea" in text_of(by_badge(device, beas))
    assert rows("SELECT taken_by FROM staff_task") == [(None,)]
    live = "SELECT staff FROM web_session WHERE device_id IS NOT NULL AND ended_at IS NULL"
    assert rows(live) == [("Bea",)]


def test_a_badge_alone_is_nothing_and_neither_is_a_pin(device, with_badge):
    _, badge = with_badge("Ada", Role.PACKER)
    for code, pin in ((badge, "000000"), (badge, ""), ("PLB-GUESSED", PIN), ("", "")):
        answer = by_badge(device, code, pin)
        assert answer.status_code == 422
        assert "Badge or PIN is wrong" in text_of(answer)


def test_a_badge_without_a_pin_of_its_own_opens_nothing(device, sign_in):
    sign_in("Ada", Role.PACKER)
    assert by_badge(device, issue_badge("ada", INES), "").status_code == 422


def test_a_badge_counts_on_registered_devices_only(console, with_badge, device):
    _, badge = with_badge("Ada", Role.PACKER)
    elsewhere = TestClient(console, base_url="http://console.test")
    assert elsewhere.post("/sign-in/badge", data={"badge": badge, "pin": PIN}).url.path != "/work"
    execute("UPDATE device SET revoked_at = now()")
    by_badge(device, badge)
    assert device.get("/work").url.path == "/sign-in"


def test_who_is_signed_in_on_a_device_that_is_revoked_is_out(device, with_badge, sign_in):
    _, badge = with_badge("Ada", Role.PACKER)
    by_badge(device, badge)
    olga = sign_in("Olga", Role.ADMIN)
    assert "no shared device any more" in text_of(olga.post("/devices/1/revoke"))
    assert device.get("/work").url.path == "/sign-in"
    assert olga.post("/devices/1/revoke").status_code == 422


def test_five_wrong_pins_wait_and_ten_block_the_badge_until_another_is_issued(device, with_badge):
    _, badge = with_badge("Ada", Role.PACKER)
    for _ in range(5):
        assert "is wrong" in text_of(by_badge(device, badge, "000000"))
    assert "Too many attempts" in text_of(by_badge(device, badge))
    for _ in range(5):
        execute("UPDATE sign_in_attempt SET at = at - interval '20 minutes'")
        by_badge(device, badge, "000000")
    execute("UPDATE sign_in_attempt SET at = at - interval '2 days'")
    assert "is blocked after 10 wrong PINs" in text_of(by_badge(device, badge))
    another = issue_badge("ada", INES)
    assert by_badge(device, another).url.path == "/work"
    assert "ist falsch" in text_of(by_badge(device, badge)), "the lost one is worth nothing"


def test_nobody_blocks_a_badge_from_the_page_to_sign_in(device, with_badge, console):
    _, badge = with_badge("mira", Role.PACKER)
    elsewhere = TestClient(console, base_url="http://console.test")
    for _ in range(10):
        elsewhere.post("/sign-in", data={"login": "badge:mira", "password": "guessed"})
        execute("UPDATE sign_in_attempt SET at = at - interval '2 hours'")
    assert by_badge(device, badge).url.path == "/work"


def test_who_signs_in_again_goes_on_with_what_they_have(device, with_badge, picking):
    _, task = picking
    _, badge = with_badge("Ada", Role.WAREHOUSE_STAFF)
    by_badge(device, badge)
    token = re.search(r'name="form_token" value="(\w+)"', device.get("/work").text)[1]
    device.post(f"/tasks/{task}/take", data={"form_token": token})
    by_badge(device, badge)
    assert rows("SELECT taken_by FROM staff_task") == [("Ada",)]


def test_who_signs_in_by_password_ends_the_session_of_who_was_there(device, with_badge, picking):
    _, task = picking
    _, badge = with_badge("Ada", Role.WAREHOUSE_STAFF)
    by_badge(device, badge)
    token = re.search(r'name="form_token" value="(\w+)"', device.get("/work").text)[1]
    device.post(f"/tasks/{task}/take", data={"form_token": token})
    with_badge("Bea", Role.PACKER)
    device.post("/sign-in", data={"login": "bea", "password": PASSWORD})
    assert rows("SELECT ended_at FROM web_session WHERE device_id IS NOT NULL") != [(None,)]
    assert rows("SELECT taken_by FROM staff_task") == [(None,)]


def test_a_page_that_is_left_open_does_not_keep_a_device_unlocked(device, with_badge):
    _, badge = with_badge("Ada", Role.PACKER)
    by_badge(device, badge)
    for _ in range(2):
        execute("UPDATE web_session SET seen_at = seen_at - interval '3 minutes'")
        device.get("/work/list", headers={"X-By-Itself": "1"})
    assert device.get("/work").url.path == "/sign-in"


def test_a_new_pin_stands_in_the_timeline(with_badge):
    with_badge("Ada", Role.PACKER)
    assert rows("SELECT actor, subject FROM audit_event WHERE kind = 'pin-changed'") == [
        ("Ada", "user:ada")
    ]


def test_on_a_shared_device_nobody_is_more_than_of_the_floor(device, with_badge):
    _, badge = with_badge("Ada", Role.PACKER, Role.OPERATOR, Role.ADMIN)
    by_badge(device, badge)
    assert device.get("/users").status_code == 403
    _, managers = with_badge("Martha", Role.MANAGER)
    assert "Melden Sie sich mit Name und Passwort an" in text_of(by_badge(device, managers))


def test_nobody_changes_a_password_or_pin_on_a_device_left_unlocked(device, with_badge):
    _, badge = with_badge("Ada", Role.PACKER)
    by_badge(device, badge)
    token = re.search(r'name="form_token" value="(\w+)"', device.get("/work").text)[1]
    for path, fields in (
        ("/account/pin", {"pin": "852147"}),
        ("/account/password", {"old_password": PASSWORD, "new_password": "another long one"}),
        ("/account/language", {"language": "en"}),
    ):
        assert device.post(path, data={"form_token": token} | fields).status_code == 403


def test_a_device_locks_itself_after_a_while_and_keeps_the_place(device, with_badge):
    _, badge = with_badge("Ada", Role.PACKER)
    by_badge(device, badge)
    execute("UPDATE web_session SET seen_at = seen_at - interval '6 minutes'")
    locked = device.get("/account")
    assert locked.url.path == "/sign-in"
    assert 'name="next" value="/account"' in locked.text


@pytest.mark.parametrize("pin", ["12345", "1234567", "12345a", "111111", "123456", "987654", ""])
def test_a_pin_that_is_easily_guessed_is_not_taken(with_badge, pin):
    ada, _ = with_badge("Ada", Role.PACKER)
    answer = ada.post("/account/pin", pin=pin)
    assert answer.status_code == 422
    assert "The PIN must" in text_of(answer)


def test_neither_badge_nor_pin_is_kept_or_logged(device, with_badge, caplog):
    _, badge = with_badge("Ada", Role.PACKER)
    by_badge(device, badge)
    kept = str(rows("SELECT * FROM badge") + rows("SELECT * FROM sign_in_attempt")) + caplog.text
    assert badge not in kept
    assert PIN not in kept


def test_an_admin_prints_a_badge_from_the_page(sign_in):
    ines = sign_in("Ines", Role.ADMIN)
    page = ines.post("/users/ines/badge")
    assert 'src="data:image/svg+xml' in page.text
    assert rows("SELECT staff FROM badge") == [("Ines",)]


def test_two_devices_have_two_names(sign_in):
    ines = sign_in("Ines", Role.ADMIN)
    ines.post("/devices", name="Bench 2")
    for name in ("Bench 2", " Bench 2 ", "", "x" * 65):
        assert ines.post("/devices", name=name).status_code == 422
    ines.post("/devices/1/revoke")
    assert ines.post("/devices", name="Bench 2").status_code == 200
