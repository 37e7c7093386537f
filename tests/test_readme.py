"""The README tells the truth: steps, settings, commands and files."""

import importlib
import inspect
import re

from adapters.settings import Settings
from console.cli.commands import COMMANDS
from flows import daily_summary, order_fulfillment
from tests.conftest import PROJECT
from tests.process import DAY_STEPS, ORDER_STEPS

README = (PROJECT / "README.md").read_text()
ROW = re.compile(r"^\| (\d*) \| ([^|]+) \| [^|]* \| `(tasks/\w+\.py)` `(\w+)` \|$", re.MULTILINE)


def test_the_table_names_the_seventeen_steps_in_order_and_where_they_are():
    rows = [row for row in ROW.findall(README) if row[0]]
    assert [name for _, name, _, _ in rows] == [*ORDER_STEPS, *DAY_STEPS]
    assert [int(number) for number, *_ in rows] == list(range(1, 18))
    for _, name, path, function in rows:
        module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
        assert inspect.getmodule(getattr(module, function)) is module
        assert name in {getattr(item, "step_name", None) for item in vars(module).values()}


def test_the_flows_call_the_steps_in_the_order_of_the_table():
    for flow, numbers in ((order_fulfillment, range(1, 15)), (daily_summary, range(15, 18))):
        source = inspect.getsource(flow).partition("\n@flow")[2]
        functions = [
            function
            for number, _, _, function in ROW.findall(README)
            if not number or int(number) in numbers
        ]
        called = [name for name in re.findall(r"(\w+)\(", source) if name in functions]
        assert called == [name for name in functions if name in called]
        assert len(called) >= len(numbers)


def test_every_setting_is_listed_with_its_default_and_description():
    table = README.partition("<!-- settings -->")[2].partition("<!-- /settings -->")[0].strip()
    assert table == settings_table()


def test_every_command_is_named_in_the_changelog():
    named = set(re.findall(r"`(\w+)`", (PROJECT / "CHANGELOG.md").read_text()))
    assert set(COMMANDS) <= named


def test_links_lead_to_files():
    for target in re.findall(r"\]\(((?!http|#)[^)]+)\)", README):
        assert (PROJECT / target).exists(), target


def test_every_verb_that_is_named_is_in_the_makefile_and_they_are_few():
    verbs = re.findall(r"^([a-z]+):.*##", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    pages = [README, *(page.read_text() for page in (PROJECT / "docs").rglob("*.md"))]
    assert {verb for page in pages for verb in re.findall(r"`make (\w+)`", page)} <= set(verbs)
    assert len(verbs) <= 12


def settings_table() -> str:
    lines = ["| variable | default | what |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, list):
            default = ",".join(default)
        shown = "" if default in (None, "") else f"`{default}`"
        lines.append(f"| `PACKLINE_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(lines)
