"""Finding all texts for translators in a module: templates of messages, and words.

Templates stand where they are used: as `message` or `messages` of a class, and in
`Message("code", "template", …)`. Words stand for themselves: titles of gates and heads of tables,
and in modules of forms and enums, the titles of fields and what a list offers. How to translate:
docs/translating.md.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import cleandoc
from typing import Any, BinaryIO, NamedTuple

from domain.errors import code_of
from domain.messages import Plural, Text, only_a_value

_FOR_PROGRAMS = {"EventKind", "BookingKind", "PackingVerdict", "StockChange"}
"""Enums whose values nobody reads."""

BabelMessage = tuple[int, str, str | tuple[str, str], list[str]]


class Found(NamedTuple):
    """A text in the code, and for a template the code by which programs know it."""

    code: str
    text: Text
    line: int


def templates(tree: ast.AST) -> Iterator[Found]:
    """All templates of a module, and the words beside them."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef():
                yield from class_templates(node)
            case ast.Call(func=ast.Name(id="Message"), args=[code, text, *_]):
                yield from _found(code.value if isinstance(code, ast.Constant) else "", text)
            case ast.Call(func=ast.Name(id="GateSpec")):
                yield from _named(node, "title")
            case ast.Call(func=ast.Name(id="Table"), args=[ast.Tuple(elts=head), *_]):
                yield from _all_found(head)
            case ast.Call(func=ast.Name(id="Word") | ast.Attribute(attr="word"), args=[word]):
                yield from _found("", word)
            case ast.Assign(value=ast.Call()):
                yield from _found("", node.value)  # a plural with a name of its own


def class_templates(definition: ast.ClassDef) -> Iterator[Found]:
    """The templates of one class: of errors, or of what is told of events."""
    for statement in definition.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value):
                yield from _class_texts(definition, name, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield from _class_texts(definition, name, value)


def words(tree: ast.AST) -> Iterator[Found]:
    """What the forms and the enums of a module show: titles, descriptions and choices."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="Field")):
                yield from _named(node, "title", "description")
            case ast.ClassDef() if _is_enum(node):
                yield from _choices(node)
            case ast.ClassDef() if _is_gates_form(node):
                text = cleandoc(ast.get_docstring(node) or "")
                yield Found("", text, node.lineno)


def extract(
    file: BinaryIO, keywords: Iterable[str], tags: Sequence[str], options: Mapping[str, Any]
) -> Iterator[BabelMessage]:
    """The templates of a file as Babel wants them: line, function, texts, comments.

    What Babel tells of keywords, tags and options has no use here.
    """
    return _for_babel(templates(ast.parse(file.read())))


def extract_words(
    file: BinaryIO, keywords: Iterable[str], tags: Sequence[str], options: Mapping[str, Any]
) -> Iterator[BabelMessage]:
    """The same of a file that has words, too."""
    tree = ast.parse(file.read())
    return _for_babel([*templates(tree), *words(tree)])


def _for_babel(found: Iterable[Found]) -> Iterator[BabelMessage]:
    for code, text, line in found:
        comments = [code] if code else []
        if isinstance(text, Plural):
            yield line, "ngettext", (text.one, text.other), comments
        elif text and not only_a_value(text):
            yield line, "gettext", text, comments


def _class_texts(definition: ast.ClassDef, name: str, value: ast.expr) -> Iterator[Found]:
    if name == "message":
        yield from _found(code_of(definition.name), value)
    elif name == "messages" and isinstance(value, ast.Dict):
        for code, text in zip(value.keys, value.values, strict=True):
            yield from _found(ast.literal_eval(code) if code else "", text)


def _choices(enum: ast.ClassDef) -> Iterator[Found]:
    """What people read of each member: its value, or what stands last where it has several."""
    for statement in enum.body:
        match statement:
            case ast.Assign(value=ast.Tuple(elts=[*_, value])) | ast.Assign(value=value):
                yield from _found("", value)


def _is_enum(definition: ast.ClassDef) -> bool:
    bases = {ast.unparse(base) for base in definition.bases}
    return bool(bases & {"StrEnum", "Choice"}) and definition.name not in _FOR_PROGRAMS


def _is_gates_form(definition: ast.ClassDef) -> bool:
    return any(
        isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "gate"
        for statement in definition.body
    )


def _named(call: ast.Call, *names: str) -> Iterator[Found]:
    yield from _all_found(keyword.value for keyword in call.keywords if keyword.arg in names)


def _all_found(values: Iterable[ast.expr]) -> Iterator[Found]:
    for value in values:
        yield from _found("", value)


def _found(code: object, value: ast.expr) -> Iterator[Found]:
    match value:
        case ast.Constant(value=str(text)):
            yield Found(str(code), text, value.lineno)
        case ast.Call(func=ast.Name(id="Plural")):
            yield Found(str(code), Plural(*map(ast.literal_eval, value.args)), value.lineno)
