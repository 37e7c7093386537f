"""Signing in: who may, how often it may be tried, and when it is over."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from adapters.database.sessions import transaction
from models.enums import Channel, Role
from services.access.actors import Actor
from services.access.web_sessions import Visitor
from services.accounts.attempts import FREE_MISSES, FREE_MISSES_OF_LOGIN, SignInRefused
from services.accounts.sign_in import sign_in
from services.accounts.users import (
    UserRefused,
    add_user,
    disable_user,
    first_admin,
    reset_password,
)
from tests.console.web.conftest import PASSWORD, hire, text_of
from tests.databases import using
from tests.process import execute, rows

ADMIN = Actor(name="Ines", channel=Channel.CONSOLE)
HERE = Visitor("10.0.0.7", "Firefox")


def try_to_sign_in(console, login, password):
    browser = TestClient(console, base_url="http://console.test")
    return browser, browser.post("/sign-in", data={"login": login, "password": password})


def test_whoever_gives_name_and_password_sees_their_work(sign_in):
    ada = sign_in("Ada", Role.PACKER)
    assert "My work" in text_of(ada.get("/work"))
    assert "Ada" in text_of(ada.get("/work"))


def test_capitals_and_blanks_in_the_name_do_not_matter(console):
    with transaction() as session:
        hire(session, "Ada", Role.PACKER)
    _, answer = try_to_sign_in(console, " ADA ", PASSWORD)
    assert answer.url.path == "/work"


@pytest.mark.parametrize(
    ("login", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", ""), ("\x00", "\x00")]
)
def test_who_is_wrong_is_not_told_in_what(console, login, password):
    with transaction() as session:
        hire(session, "Ada", Role.PACKER)
    _, answer = try_to_sign_in(console, login, password)
    assert answer.status_code == 422
    assert "Name or password is wrong" in text_of(answer)


@pytest.mark.parametrize("gone", ["disabled", "left"])
def test_who_is_gone_is_signed_out_and_does_not_come_in_again(sign_in, console, gone):
    ada = sign_in("Ada", Role.PACKER)
    if gone == "disabled":
        disable_user("ada", ADMIN)
    else:
        execute("UPDATE staff SET active = false")
    assert ada.get("/work").url.path == "/sign-in"
    _, answer = try_to_sign_in(console, "ada", PASSWORD)
    assert answer.status_code == 422


def test_who_ends_anothers_session_stands_in_the_timeline(console):
    with transaction() as session:
        hire(session, "Ada", Role.PACKER)
        hire(session, "Ines", Role.ADMIN)
    try_to_sign_in(console, "ada", PASSWORD)
    ines, _ = try_to_sign_in(console, "ines", PASSWORD)
    (adas,) = rows("SELECT id FROM web_session WHERE staff = 'Ada'")[0]
    token = re.search(r'name="form_token" value="(\w+)"', ines.get("/account").text)[1]
    ines.post(f"/sessions/{adas}/end", data={"form_token": token})
    ended = "SELECT actor, subject FROM audit_event WHERE kind = 'session-ended'"
    assert rows(ended) == [("Ines", "user:ada")]


def test_a_long_address_of_a_proxy_is_shortened(database):
    with transaction() as session:
        hire(session, "Ada", Role.PACKER)
    assert sign_in("ada", PASSWORD, Visitor("unknown, " * 20))


def test_after_five_misses_even_the_right_password_waits_there_and_nowhere_else(database):
    with transaction() as session:
        hire(session, "Ada", Role.PACKER)
    for _ in range(FREE_MISSES):
        with pytest.raises(SignInRefused, match="is wrong"):
            sign_in("ada", "wrong", HERE)
    with pytest.raises(SignInRefused, match=r"try again in \d+ seconds"):
        sign_in("ada", PASSWORD, HERE)
    assert sign_in("ada", PASSWORD, Visitor("10.0.0.8")), "a stranger's guesses lock nobody out"
    for _ in range(FREE_MISSES):  # all is forgotten
        with pytest.raises(SignInRefused, match="is wrong"):
            sign_in("ada", "wrong", HERE)


def test_one_name_that_is_tried_from_everywhere_waits_at_last(database):
    with transaction() as session:
        hire(session, "Ada", Role.PACKER)
    for number in range(FREE_MISSES_OF_LOGIN):
        with pytest.raises(SignInRefused, match="is wrong"):
            sign_in("ada", "wrong", Visitor(f"10.0.1.{number}"))
    with pytest.raises(SignInRefused, match="Too many"):
        sign_in("ada", PASSWORD, Visitor("10.0.2.1"))


def test_the_pause_doubles_and_other_people_do_not_wait(database):
    with transaction() as session:
        hire(session, "Ada", Role.PACKER)
        hire(session, "Bea", Role.PACKER)
    for _ in range(FREE_MISSES):
        with pytest.raises(SignInRefused):
            sign_in("ada", "wrong", HERE)
    execute("UPDATE sign_in_attempt SET at = at - interval '31 seconds'")
    with pytest.raises(SignInRefused, match="is wrong"):
        sign_in("ada", "wrong", HERE)
    with pytest.raises(SignInRefused) as refusal:
        sign_in("ada", PASSWORD, HERE)
    assert 50 < refusal.value.values["seconds"] <= 60
    assert sign_in("bea", PASSWORD, HERE)


def test_an_address_that_tries_many_names_waits_too(database):
    for number in range(30):
        with pytest.raises(SignInRefused, match="is wrong"):
            sign_in(f"name{number}", "wrong", HERE)
    with pytest.raises(SignInRefused, match="Too many"):
        sign_in("another", "wrong", HERE)


def test_neither_password_nor_token_is_kept_or_logged(sign_in, caplog):
    ada = sign_in("Ada", Role.PACKER)
    kept = str(rows("SELECT * FROM user_account") + rows("SELECT * FROM web_session"))
    token = ada.browser.cookies["packline_session"].partition(".")[0].strip('"')
    assert PASSWORD not in kept + caplog.text
    assert token not in kept + caplog.text
    assert "$argon2id$" in kept


def test_the_cookie_is_the_servers_alone(console):
    with transaction() as session:
        hire(session, "Ada", Role.PACKER)
    browser = TestClient(console, base_url="https://console.test", follow_redirects=False)
    answer = browser.post("/sign-in", data={"login": "ada", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "secure", "samesite=lax"))


def test_a_cookie_of_ones_own_making_is_nobodys(console):
    browser = TestClient(console, base_url="http://console.test")
    browser.cookies.set("packline_session", "made-up.signature")
    assert browser.get("/work").url.path == "/sign-in"


def test_a_session_ends_with_its_shift_and_with_silence(sign_in):
    ada = sign_in("Ada", Role.PACKER)
    execute("UPDATE web_session SET seen_at = seen_at - interval '61 minutes'")
    assert ada.get("/work").url.path == "/sign-in"
    bea = sign_in("Bea", Role.PACKER)
    execute("UPDATE web_session SET opened_at = opened_at - interval '13 hours'")
    execute("UPDATE web_session SET expires_at = expires_at - interval '13 hours'")
    assert bea.get("/work").url.path == "/sign-in"


def test_signing_out_ends_the_session_not_only_the_cookie(sign_in):
    ada = sign_in("Ada", Role.PACKER)
    kept = ada.browser.cookies["packline_session"]
    assert "signed out" in text_of(ada.post("/sign-out"))
    ada.browser.cookies.set("packline_session", kept)
    assert ada.get("/work").url.path == "/sign-in"


@pytest.mark.parametrize(
    "next", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere"]
)
def test_nobody_is_sent_elsewhere_by_a_link(console, next):
    with transaction() as session:
        hire(session, "Ada", Role.PACKER)
    browser = TestClient(console, base_url="http://console.test", follow_redirects=False)
    answer = browser.post("/sign-in", data={"login": "ada", "password": PASSWORD, "next": next})
    assert answer.headers["location"] == "/"


def test_a_given_password_must_be_changed_before_anything_else(console):
    with transaction() as session:
        hire(session, "Ada", Role.PACKER)
    browser, _ = try_to_sign_in(console, "ada", reset_password("ada", ADMIN))
    assert browser.get("/work").url.path == "/account"


def test_a_new_password_ends_all_other_sessions_of_the_same_person(sign_in, console):
    ada = sign_in("Ada", Role.PACKER)
    other, _ = try_to_sign_in(console, "ada", PASSWORD)
    new = "seventeen geese in a row"
    answer = ada.post("/account/password", old_password=PASSWORD, new_password=new)
    assert "You have a new password" in text_of(answer)
    assert ada.get("/work").url.path == "/work"
    assert other.get("/work").url.path == "/sign-in"
    _, answer = try_to_sign_in(console, "ada", new)
    assert answer.url.path == "/work"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("wrong", "seventeen geese in a row", "is another"),
        (PASSWORD, "short", "at least 10 characters"),
        (PASSWORD, "aaaaaaaaaaaa", "must not be made of your name"),
        (PASSWORD, "my name is ada", "must not be made of your name"),
        (PASSWORD, PASSWORD, "must be another than before"),
    ],
)
def test_a_password_that_is_not_taken_says_why(sign_in, old, new, says):
    ada = sign_in("Ada", Role.PACKER)
    answer = ada.post("/account/password", old_password=old, new_password=new)
    assert answer.status_code == 422
    assert says in text_of(answer)


def test_the_first_admin_is_made_once_also_when_two_start(database):
    with ThreadPoolExecutor(2) as both:
        made = [*both.map(lambda _: first_admin(), range(2))]
    assert [password is None for password in made].count(False) == 1
    assert sign_in("admin", next(filter(None, made)), HERE)
    assert first_admin() is None


def test_a_user_is_somebody_of_the_staff_once(database):
    with pytest.raises(UserRefused, match=r"import staff\.csv first"):
        add_user("Ada", "ada", ADMIN)
    with transaction() as session:
        hire(session, "Ada", Role.PACKER)
    with pytest.raises(UserRefused, match="signs in as 'ada' already"):
        add_user("Ada", "ada2", ADMIN)
    execute("INSERT INTO staff (name, roles, email) VALUES ('Bea', '{packer}', '')")
    with pytest.raises(UserRefused, match="Somebody else signs in"):
        add_user("Bea", "ADA", ADMIN)
    assert re.fullmatch(r"(\w{4}-){3}\w{4}", add_user("Bea", "bea", ADMIN))


def test_each_reads_in_their_own_language(sign_in):
    ada = sign_in("Ada", Role.PACKER)
    ada.post("/account/language", language="de")
    assert 'lang="de"' in ada.get("/work").text
    ada.post("/account/language", language="")
    assert 'lang="en-GB"' in ada.get("/work").text


def test_sessions_of_one_key_are_known_under_its_successor(sign_in, database, tmp_path):
    old, new = "o" * 40, "n" * 40
    given = {"PACKLINE_DATA_FOLDER": str(tmp_path)}
    with using(database, **given, PACKLINE_SECRET_KEY=old):
        ada = sign_in("Ada", Role.PACKER)
    with using(database, **given, PACKLINE_SECRET_KEY=f"{new},{old}"):
        assert ada.get("/work").url.path == "/work"
    with using(database, **given, PACKLINE_SECRET_KEY=new):
        assert ada.get("/work").url.path == "/sign-in"


def test_sessions_are_listed_and_ended_by_who_has_them_or_by_an_admin(sign_in, console):
    ada, bea = sign_in("Ada", Role.PACKER), sign_in("Bea", Role.PACKER)
    other, _ = try_to_sign_in(console, "ada", PASSWORD)
    (mine, beas, others) = [n for (n,) in rows("SELECT id FROM web_session ORDER BY id")]
    page = ada.get("/account").text
    assert f'action="/sessions/{others}/end"' in page
    assert f'action="/sessions/{mine}/end"' not in page
    assert f'action="/sessions/{beas}/end"' not in page
    assert ada.post(f"/sessions/{beas}/end").status_code == 403
    assert "Signed out there" in text_of(ada.post(f"/sessions/{others}/end"))
    assert other.get("/work").url.path == "/sign-in"
    ines = sign_in("Ines", Role.ADMIN)
    assert "Bea, testclient" in text_of(ines.get("/users"))
    ines.post(f"/sessions/{beas}/end", back="/users")
    assert bea.get("/work").url.path == "/sign-in"
    assert ada.get("/work").url.path == "/work"
