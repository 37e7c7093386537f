"""Staff who are played at the console: they sign in, open a task and send its form."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

import httpx

from deployments.demo.simulated_staff import SimulatedStaff
from domain.errors import PacklineError
from models.tables.staff import StaffTask
from services.access.actors import PACKLINE
from services.accounts.users import add_user

_TIMEOUT_SECONDS = 60
_FILLED_IN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_NUMBERS = re.compile(r'<input id="[^"]+" name="([^"]+)" value="([^"]*)" inputmode="numeric"')


class ConsoleRefuses(PacklineError):
    """The console did not take what it was sent."""

    message = "The console answered {status} to task {task}: its log says why."


class StaffAtTheConsole(SimulatedStaff):
    """As `SimulatedStaff`, through the console's own requests; `name`: all of it is one person."""

    def __init__(self, console_url: str, name: str = "") -> None:
        super().__init__()
        self._url, self._name = console_url, name
        self._passwords: dict[str, str] = {}
        self._browsers: dict[str, httpx.Client] = {}

    def close(self) -> None:
        """They go home."""
        for browser in self._browsers.values():
            browser.close()

    def _give(self, task: StaffTask, answer: dict[str, Any]) -> None:
        """Open the task's form, fill in what differs, and send it."""
        browser = self._browser(self.somebody_for(task))
        page = browser.get(f"/tasks/{task.id}", params={"form": "1"}).text
        sent = browser.post(f"/tasks/{task.id}/answer", data=filled_in(page, answer))
        if sent.status_code != httpx.codes.OK:
            raise ConsoleRefuses(status=sent.status_code, task=task.id)

    def _browser(self, name: str) -> httpx.Client:
        if name not in self._browsers:
            self._browsers[name] = self._signed_in(name)
        return self._browsers[name]

    def _signed_in(self, name: str) -> httpx.Client:
        login = name.replace(" ", ".").lower()
        if name not in self._passwords:
            self._passwords[name] = add_user(name, login, PACKLINE, for_good=True)
        browser = httpx.Client(base_url=self._url, timeout=_TIMEOUT_SECONDS, follow_redirects=True)
        browser.post("/sign-in", data={"login": login, "password": self._passwords[name]})
        return browser

    def somebody_for(self, task: StaffTask) -> str:
        """Somebody of the task's role, or the one who does all."""
        return self._name or super().somebody_for(task)


def filled_in(page: str, answer: Mapping[str, Any]) -> dict[str, str]:
    """The form of a task's page, as somebody sends it: what stands in it, and what they fill in."""
    form = dict([*_FILLED_IN.findall(page), *_NUMBERS.findall(page)])
    form = {name: unescape(value) for name, value in form.items()} | dict(_fields(answer))
    form.pop("outcome", None)  # it follows from the numbers
    return form


def _fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """An answer as the fields of a form: `parcels.0.weight_grams`."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _fields(part, f"{name}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _fields(part, f"{name}.{number}")
    else:
        yield name, str(value)
