"""Finding all templates in the code, for translators.

Templates stand where they are used: as `message` or `messages` of a class, in
`Message("code", "template", …)`, and as the titles of gates. Babel finds them by this module; from
the project's folder:

    pybabel extract -F adapters/language/babel.cfg -o packline.pot adapters benchmarks console \\
        deployments domain models services tasks
    pybabel init -i packline.pot -d adapters/language/locale -D packline -l de     # or update
    pybabel compile -d adapters/language/locale -D packline

Between the second line and the third, somebody translates `locale/de/LC_MESSAGES/packline.po`. A
template keeps its `{names}`; what stands behind a colon in them may change, as in `{known: und }`.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from domain.errors import code_of
from domain.messages import Plural, Text


class Found(NamedTuple):
    """A template in the code, and the code by which programs know it."""

    code: str
    text: Text
    line: int


def templates(tree: ast.AST) -> Iterator[Found]:
    """All templates of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from class_templates(node)
        elif isinstance(node, ast.Call) and _is_call_of(node, "Message") and len(node.args) > 1:
            code, text = node.args[:2]
            yield from _found(code.value if isinstance(code, ast.Constant) else "", text)
        elif isinstance(node, ast.Call) and _is_call_of(node, "GateSpec"):
            yield from _titles(node)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            yield from _found("", node.value)  # a plural with a name of its own


def class_templates(definition: ast.ClassDef) -> Iterator[Found]:
    """The templates of one class: of errors, or of what is told of events."""
    for statement in definition.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="message")], value=value):
                yield from _found(code_of(definition.name), value)
            case ast.Assign(targets=[ast.Name(id="messages")], value=ast.Dict(keys, values)):
                for code, value in zip(keys, values, strict=True):
                    yield from _found(ast.literal_eval(code) if code else "", value)


def extract(
    file: BinaryIO, keywords: Iterable[str], tags: Sequence[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, str | tuple[str, str], list[str]]]:
    """The templates of a file as Babel wants them: line, function, texts, comments.

    What Babel tells of keywords, tags and options has no use here.
    """
    for code, text, line in templates(ast.parse(file.read())):
        if isinstance(text, Plural):
            yield line, "ngettext", (text.one, text.other), [code]
        elif text:
            yield line, "gettext", text, [code]


def _titles(gate: ast.Call) -> Iterator[Found]:
    """What a gate's tasks are called: `services.worklist.gates.title_message` makes a message."""
    for keyword in gate.keywords:
        if keyword.arg == "title":
            yield from _found("", keyword.value)


def _found(code: object, value: ast.expr) -> Iterator[Found]:
    match value:
        case ast.Constant(value=str(text)):
            yield Found(str(code), text, value.lineno)
        case ast.Call() if _is_call_of(value, "Plural"):
            yield Found(str(code), Plural(*map(ast.literal_eval, value.args)), value.lineno)


def _is_call_of(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == name
