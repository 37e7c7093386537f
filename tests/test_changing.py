"""The recipes in docs/changing.md lead to places that are there."""

import ast
import re

import pytest

from tests.conftest import PROJECT

PAGE = (PROJECT / "docs" / "changing.md").read_text()
RECIPES = dict(re.findall(r"^## (.+)\n([^#]*(?:#(?!#)[^#]*)*)", PAGE, re.MULTILINE))
PLACE = re.compile(r"`([\w.-]+(?:/[\w.-]+)+\.\w+)`\s+`([^`]+)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)`")
ASKED_FOR = {
    "A reason for a short pick",
    "A column in a list",
    "A field of an order, from import to label",
    "A gate",
    "A role",
    "A mail",
    "A tariff rule",
    "An invariant",
    "An error message, and its translation",
    "An event kind",
}


def test_what_people_change_most_has_a_recipe():
    assert set(RECIPES) >= ASKED_FOR
    assert re.findall(r"^- \[([^]]+)\]", PAGE, re.MULTILINE) == list(RECIPES)


@pytest.mark.parametrize("recipe", RECIPES)
def test_its_places_are_there(recipe):
    places = PLACE.findall(RECIPES[recipe])
    assert len(places) >= 2
    gone = [f"{path} {name}" for path, name in places if not is_there(path, name)]
    assert gone == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_it_says_what_to_run(recipe):
    said = RECIPES[recipe].partition("*Run*")[2]
    tests = TEST.findall(said)
    assert tests
    assert [path for path in tests if not (PROJECT / path).exists()] == []


def is_there(path, name):
    """Whether the file has it: as a definition in Python, as words in anything else."""
    file = PROJECT / path
    if not file.exists():
        return False
    text = file.read_text()
    return name in defined(ast.parse(text)) if file.suffix == ".py" else name in text


def defined(module):
    """The names that a module defines at its top."""
    for statement in module.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_a_place_that_is_gone_is_noticed():
    assert is_there("models/enums.py", "Role")
    assert not is_there("models/enums.py", "Rolle")
    assert not is_there("models/roles.py", "Role")
