"""The README tells the truth: steps, settings, commands and files."""

import importlib
import inspect
import re
import tomllib

from adapters.settings import Settings
from console.cli.commands import COMMANDS
from flows import daily_summary, order_fulfillment
from models.process import COMPENSATION_STEPS, DAY_STEPS, ORDER_STEPS
from tests.conftest import PROJECT

README = (PROJECT / "README.md").read_text()
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
ROW = re.compile(r"^\| (C?\d*) \| ([^|]+) \| [^|]* \| `(tasks/\w+\.py)` `(\w+)` \|$", re.MULTILINE)


def test_the_table_names_the_steps_in_order_and_where_they_are():
    rows = [row for row in ROW.findall(README) if row[0]]
    assert [(number, name) for number, name, _, _ in rows] == [
        *numbered("", 1, ORDER_STEPS),
        *numbered("C", 1, COMPENSATION_STEPS),
        *numbered("", 15, DAY_STEPS),
    ]
    for _, name, path, function in rows:
        module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
        assert inspect.getmodule(getattr(module, function)) is module
        steps = (getattr(item, "step_name", "") for item in vars(module).values())
        assert name in map(title, steps)


def test_the_drawing_has_the_same_steps():
    drawing = README.partition("```text\n")[2].partition("```")[0]
    numbers = [row[0] for row in ROW.findall(README) if row[0]]
    assert sorted(re.findall(r"C?\d+", drawing)) == sorted(numbers)


def test_the_flows_call_the_steps_in_the_order_of_the_table():
    for source, functions in (
        (inspect.getsource(order_fulfillment.order_fulfillment), table_rows("1", "1")),
        (inspect.getsource(order_fulfillment.fulfil), table_rows("2", "14")),
        (inspect.getsource(order_fulfillment.compensate), table_rows("C1", "C7")),
        (inspect.getsource(daily_summary).partition("\n@flow")[2], table_rows("15", "17")),
    ):
        assert [name for name in re.findall(r"(\w+)\(", source) if name in functions] == functions


def test_find_your_way_around_fits_on_a_screen_and_names_every_folder():
    section = README.partition("## Find your way around")[2].partition("\n## ")[0]
    assert len(section.splitlines()) <= 40
    for folder in rooms():
        name = f"`{folder.relative_to(PROJECT)}/`"
        row = next((row for row in section.splitlines() if f"| `{folder.parts[-2]}/`" in row), "")
        assert name in section or f"`{folder.name}/`" in row, folder


def test_imports_go_as_the_contracts_say():
    tools = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]
    text = " ".join(README.split())
    for contract in tools["importlinter"]["contracts"]:
        if contract["type"] == "layers":
            (container,) = contract.get("containers", [""])
            order = " → ".join(contract["layers"])
            assert (f"{container}: {order}" if container else order) in text


def test_every_path_that_a_page_names_is_there():
    folders = [path for path in PROJECT.iterdir() if path.is_dir() and path.name != "var"]
    names = {folder.name for folder in folders}
    rooms_too = [PROJECT, *folders]  # a table's row names a folder, and its rooms by themselves
    for page in PAGES:
        for path in re.findall(r"`(\w[\w-]*/[\w./-]*)`", page.read_text()):
            looked_in = rooms_too if path.count("/") == 1 and path.endswith("/") else [PROJECT]
            if path.split("/")[0] in names or path.endswith(("/", ".py", ".md", ".sql")):
                found = any((place / path).exists() for place in looked_in)
                assert found or path == "var/", f"{page.name}: {path}"


def test_every_setting_is_listed_with_its_default_and_description():
    table = README.partition("<!-- settings -->")[2].partition("<!-- /settings -->")[0].strip()
    assert table == settings_table()


def test_every_command_is_named_in_the_changelog():
    named = set(re.findall(r"`([\w-]+)`", (PROJECT / "CHANGELOG.md").read_text()))
    assert set(COMMANDS) <= named


def test_links_lead_to_files():
    for page in PAGES:
        for target in re.findall(r"\]\(((?!http|#)[^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_verb_that_is_named_is_in_the_makefile_and_they_are_few():
    verbs = re.findall(r"^([a-z]+):.*##", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    named = {verb for page in PAGES for verb in re.findall(r"`make (\w+)`", page.read_text())}
    assert named <= set(verbs)
    assert len(verbs) <= 15


def settings_table() -> str:
    lines = ["| variable | default | what |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, list):
            default = ",".join(default)
        shown = "" if default in (None, "") else f"`{default}`"
        lines.append(f"| `PACKLINE_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(lines)


def numbered(letter, first, steps):
    """The steps with their numbers in the table."""
    return [(f"{letter}{number}", title(step)) for number, step in enumerate(steps, first)]


def title(step):
    """What people call a step."""
    return getattr(step, "display_name", step)


def table_rows(first, last):
    """The functions of the table from one number to another, gates among them."""
    rows = ROW.findall(README)
    numbers = [number for number, *_ in rows]
    return [row[3] for row in rows[numbers.index(first) : numbers.index(last) + 1]]


def rooms():
    """The packages, and the rooms of those that have some."""
    tools = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]
    for name in tools["importlinter"]["root_packages"]:
        if name not in ("services",):
            yield PROJECT / name
        for init in sorted((PROJECT / name).glob("*/__init__.py")):
            yield init.parent
