"""Pages in Chromium, on a console that runs in a thread, with a real Postgres behind it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from adapters.database.sessions import transaction
from console.server import staff_app
from models.enums import Role
from tests.console.web.conftest import PASSWORD, hire
from tests.databases import using
from tests.e2e.browser import chromium

PATIENCE_MS = 15_000
SCREEN = {"width": 360, "height": 640}
"""A scanner's."""


class Console:
    """The console at an address that stays, also while it is away."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = uvicorn.Config(
            staff_app(), port=self.port, log_level="error", timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            self.thread.join(0.01)
            assert self.thread.is_alive(), "the console does not start"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def console(database: str, tmp_path) -> Iterator[Console]:
    """The console as a server, on a database of its own."""
    with using(database, PACKLINE_DATA_FOLDER=str(tmp_path)):
        served = Console()
        yield served
        served.stop()


@contextmanager
def device(browser: Browser, console: Console, **given) -> Iterator[BrowserContext]:
    """A browser of its own, on a small screen."""
    context = browser.new_context(
        base_url=console.address, **{"viewport": SCREEN, "locale": "en-GB"} | given
    )
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser, console: Console) -> Iterator[BrowserContext]:
    with device(browser, console) as context:
        yield context


def signed_in(context: BrowserContext, name: str = "Jo", *roles: Role) -> Page:
    """Somebody who has just been hired, at the list of their work."""
    with transaction() as session:
        hire(session, name, *(roles or (Role.WAREHOUSE_STAFF,)))
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#login", name.lower())
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page
