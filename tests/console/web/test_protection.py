"""What nobody sees without signing in, what no role may do, and what every answer carries."""

import re

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from adapters.settings import settings
from console.server import OpenToTheNetwork, check_private, staff_app
from console.web.protection import MOST_BYTES
from models.enums import Channel, Role
from services.access.actors import Actor
from services.access.permissions import ALLOWED, Action, NotAllowed, may, require
from tests.console.web.conftest import text_of
from tests.databases import using

PUBLIC = {
    "/sign-in",
    "/sign-in/badge",
    "/healthz",
    "/static/{of_version}/{name}",
    "/tasks/worker.js",
}


def routes_of(app):
    found = []
    for route in app.routes:
        if isinstance(route, APIRoute):
            found.append(route)
        else:
            found += [
                r
                for r in getattr(getattr(route, "original_router", route), "routes", [])
                if isinstance(r, APIRoute)
            ]
    return found


def checks_of(dependant):
    own = [dependant.call] if hasattr(dependant.call, "also_with_given_password") else []
    return own + [check for part in dependant.dependencies for check in checks_of(part)]


ALL = routes_of(staff_app())


def path_of(route):
    return route.path.replace("{task_id}", "1").replace("{number}", "1")


def test_the_pages_are_found():
    assert {"/work", "/tasks/{task_id}/answer", "/sign-in"} <= {route.path for route in ALL}


@pytest.mark.parametrize("route", ALL, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_nobody_sees_a_page_without_signing_in_but_those_for_it(console, route):
    browser = TestClient(console, base_url="http://console.test", follow_redirects=False)
    if route.path in PUBLIC:
        assert not checks_of(route.dependant)
        return
    answer = browser.request(min(route.methods), path_of(route))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert len(checks_of(route.dependant)) == 1


@pytest.mark.parametrize(
    "route",
    [route for route in ALL if "POST" in route.methods and route.path not in PUBLIC],
    ids=lambda route: route.path,
)
def test_a_form_without_the_token_of_the_session_does_nothing(sign_in, route):
    ada = sign_in("Ada", *Role)
    answer = ada.browser.post(path_of(route), data={"form_token": "guessed", "reason": "x"})
    assert answer.status_code == 403
    assert "nothing was done" in text_of(answer)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_each_role_may_do_what_the_table_says(role, action):
    actor = Actor(name="Ada", channel=Channel.CONSOLE, roles=frozenset({role}))
    assert may(actor, action) == (role in ALLOWED[action])
    if not may(actor, action):
        with pytest.raises(NotAllowed, match="ask an admin"):
            require(actor, action)


def test_who_has_no_role_for_it_is_told_who_has(sign_in):
    martha = sign_in("Martha", Role.MANAGER)
    answer = martha.post("/tasks/1/take")
    assert answer.status_code == 403
    assert "one must be warehouse staff or packer" in text_of(answer)


def test_every_answer_is_guarded(sign_in):
    ada = sign_in("Ada", Role.PACKER)
    for path in ("/work", "/nothing", "/tasks/999"):
        headers = ada.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_pages_have_no_script_or_style_of_their_own(sign_in):
    ada = sign_in("Ada", *Role)
    for path in ("/work", "/account", "/sign-in"):
        html = ada.get(path).text
        assert "<style" not in html
        assert " style=" not in html
        assert "onclick" not in html
        assert html.count("<script") == html.count('<script type="module" src="/static/')


def test_what_is_too_large_is_refused_before_anybody_reads_it(console):
    browser = TestClient(console, base_url="http://console.test")
    assert browser.post("/sign-in", content=b"x" * (MOST_BYTES + 1)).status_code == 413


def test_what_another_site_sends_does_nothing(console):
    browser = TestClient(console, base_url="http://console.test")
    answer = browser.post("/sign-in", data={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "name", ["../server.py", "%2e%2e/server.py", "style.css.py", "nothing.css"]
)
def test_nothing_but_the_consoles_own_files_is_served(console, name):
    browser = TestClient(console, base_url="http://console.test")
    assert browser.get(f"/static/x/{name}").status_code == 404


def test_what_does_not_change_is_kept_by_browsers_for_good(sign_in):
    ada = sign_in("Ada", Role.PACKER)
    (sheet,) = re.findall(r'href="(/static/\w+/style.css)"', ada.get("/work").text)
    answer = ada.get(sheet)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("bind", ["0.0.0.0:8320", "192.168.1.5:8320", "[::]:8320"])
def test_beyond_this_machine_only_with_tls_or_behind_a_proxy(database, bind, tmp_path):
    pem = tmp_path / "pem"
    pem.touch()
    host = bind.rpartition(":")[0].strip("[]")
    with using(database, PACKLINE_CONSOLE_BIND=bind), pytest.raises(OpenToTheNetwork, match="TLS"):
        check_private(settings(), host)
    with using(database, PACKLINE_CONSOLE_BIND=bind, PACKLINE_TRUSTED_PROXIES="10.0.0.1"):
        check_private(settings(), host)
    tls = {"PACKLINE_CONSOLE_TLS_CERT": str(pem), "PACKLINE_CONSOLE_TLS_KEY": str(pem)}
    with using(database, PACKLINE_CONSOLE_BIND=bind, **tls):
        check_private(settings(), host)


def test_while_postgres_is_away_a_page_says_so(sign_in, database, monkeypatch):
    ada = sign_in("Ada", Role.PACKER)
    with using("postgresql://nobody@127.0.0.1:1/nothing"):
        answer = ada.get("/work")
    assert answer.status_code == 503
    assert "does not answer" in text_of(answer)
    assert "password" not in text_of(answer).lower()
