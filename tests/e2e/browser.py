"""A person at Prefect's UI: Chromium, driven by Playwright.

There are two UIs, the new one under `/v2` and the old one, with other buttons and the same forms.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect, sync_playwright

PATIENCE_MS = 60_000
PICTURES = "PACKLINE_PICTURES"
"""Names the folder for the pictures in docs/operations.md; without it, none are taken."""
_STILL_MS = 4_000
"""The drawing of a run moves to its place so long."""

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-3d-apis",  # a run's drawing would keep a processor busy
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def find_chromium() -> str:
    """Where it is. Without it a test is skipped, or fails where all of them have to run."""
    if found := next(filter(None, map(shutil.which, _NAMES)), None):
        return found
    reason = "needs the browser Chromium: `apt-get install chromium`, as .ci/run does"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser. Outside this machine it reaches nothing."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_SWITCHES))
        yield browser
        browser.close()


@contextmanager
def at_a_desk(browser: Browser, address: str) -> Iterator[Page]:
    """A window of its own, in London."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": 1200, "height": 1700},
        locale="en-GB",
        timezone_id="Europe/London",
    )
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    yield context.new_page()
    context.close()


class NewUI:
    """What an operator does in Prefect's UI under `/v2`."""

    runs = "/v2/runs/flow-run"
    sends = "Resume"
    confirms = {"Retry": "Retry", "Cancel": "Cancel Flow Run"}

    def __init__(self, page: Page) -> None:
        self.page = page

    def open_run(self, run_id: str, state: str) -> None:
        """Open a run's page; it shows that state."""
        self.page.goto(f"{self.runs}/{run_id}")
        self.see_state(state)

    def see_state(self, state: str) -> None:
        """Wait until the page shows the run's state, without loading it again."""
        expect(self.page.get_by_text(state, exact=True).first).to_be_visible()

    def open_menu(self) -> None:
        """Show what can be done with the run."""
        self.page.get_by_role("button", name="Open menu").first.click()

    def press(self, button: str) -> Locator:
        """Press a button of the run; returns the dialog that asks back."""
        self.open_menu()
        self.page.get_by_role("menuitem", name=button, exact=True).click()
        return self.dialog()

    def dialog(self) -> Locator:
        """What lies above the page."""
        return self.page.locator("[role=dialog]:visible, [role=alertdialog]:visible")

    def press_and_confirm(self, button: str) -> None:
        """Press a button of the run, and say that it is meant."""
        dialog = self.press(button)
        dialog.get_by_role("button", name=self.confirms[button], exact=True).click()
        expect(dialog).to_have_count(0)

    def open_form(self, run_id: str) -> Locator:
        """The form of a run that waits for a person."""
        self.open_run(run_id, "Suspended")
        form = self.press("Resume")
        expect(form.get_by_text("Task", exact=True)).to_be_visible()
        return form

    def choose(self, form: Locator, field: str, value: str) -> None:
        """Choose from a list."""
        form.get_by_role("button", name=f"Select {field}").click()
        self.page.get_by_role("option", name=value, exact=True).click()

    def type(self, form: Locator, field: str, value: str) -> None:
        """Fill in a field."""
        form.get_by_label(_titled(field)).fill(value)

    def add(self, form: Locator, item: dict[str, str]) -> None:
        """Add an item to the form's first list."""
        form.get_by_role("button", name="Add item").first.click()
        for field, value in item.items():
            self.type(form, field, value)

    def send(self, form: Locator) -> None:
        """Press the button that sends the form, and see it go."""
        self.try_to_send(form)
        expect(form).to_have_count(0)

    def try_to_send(self, form: Locator) -> None:
        """Press the button that sends the form."""
        form.get_by_role("button", name=self.sends, exact=True).click()

    def steps(self, count: int) -> list[str]:
        """The names of the run's steps as its page lists them, in their order."""
        self.page.get_by_text("Task Runs", exact=True).click()
        names = self.page.get_by_role("tabpanel").locator("a[href*='/runs/task-run/']")
        expect(names).to_have_count(count)
        return names.all_inner_texts()[::-1]

    def open_deployment(self, name: str) -> None:
        """Open the page on which a deployment is run by hand."""
        self.page.goto("/v2/deployments")
        self.page.locator("a[href*='/deployments/deployment/']", has_text=name).click()
        self.page.get_by_role("button", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Custom run").click()

    def choose_day(self, day: str) -> None:
        """Give the deployment's parameter `day`, as yyyy-mm-dd."""
        self.page.get_by_role("tab", name="date").click()
        self.page.get_by_role("button", name="Pick a date").click()
        self.page.get_by_placeholder("yyyy-MM-dd").fill(day)
        self.page.keyboard.press("Escape")

    def start(self) -> str:
        """Start the deployment; returns its run, with its page open."""
        self.page.get_by_role("button", name="Submit").click()
        self.page.get_by_role("link", name="View run").click()
        self.page.wait_for_url("**/runs/flow-run/*")
        return self.page.url.rpartition("/")[2].partition("?")[0]

    def picture_of_form(self, name: str, form: Locator) -> None:
        """Take a picture for docs/operations.md."""
        if file := self._file(name):
            form.first.screenshot(path=file, animations="disabled")  # a list may still be closing

    def picture_of_page(self, name: str, down_to: str) -> None:
        """Take a picture of the page for docs/operations.md, from its top down to some text."""
        if file := self._file(name):
            self.page.wait_for_timeout(_STILL_MS)
            last = self.page.get_by_text(down_to).first.bounding_box()
            height = last["y"] + last["height"] + 16 if last else 600
            cut: FloatRect = {"x": 256, "y": 0, "width": 944, "height": height}
            self.page.screenshot(path=file, clip=cut)

    def _file(self, name: str) -> Path | None:
        folder = os.environ.get(PICTURES)
        return Path(folder, f"{name}.png") if folder else None


class OldUI(NewUI):
    """What an operator does in Prefect's UI outside `/v2`."""

    runs = "/runs/flow-run"
    sends = "Submit"
    confirms = {"Retry": "Retry", "Cancel": "Confirm"}

    def press(self, button: str) -> Locator:
        """Press a button of the run; returns the dialog that asks back."""
        self.page.get_by_role("button", name=button, exact=True).click()
        return self.dialog()

    def choose(self, form: Locator, field: str, value: str) -> None:
        """Choose from a list: only the arrow opens it."""
        self._field(form, field).locator(".p-select-button__icon").click()
        self.page.locator(".p-select-option", has_text=value).click()

    def type(self, form: Locator, field: str, value: str) -> None:
        """Fill in a field."""
        self._field(form, field).locator("input, textarea").fill(value)

    def _file(self, name: str) -> None:
        """The pictures are of the new one."""

    def _field(self, form: Locator, label: str) -> Locator:
        """The innermost one: a list is a field that has fields."""
        its_label = self.page.locator(".schema-form-property__label").get_by_text(_titled(label))
        return form.locator(".schema-form-property", has=its_label).last


def _titled(field: str) -> re.Pattern[str]:
    """A field's label; that of one that may be left out says so."""
    return re.compile(rf"^\s*{re.escape(field)}(\s*\(optional\))?\s*$", re.IGNORECASE)
