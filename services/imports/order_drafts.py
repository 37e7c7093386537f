"""From the rows of a file to orders: which rows belong together, and what is wrong with them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from pydantic import ValidationError

from adapters.files.rows import Form, Progress, Row, RowFile
from domain.charges import Charge
from domain.messages import Message, Value
from domain.texts import as_key, look_alike
from models.imports.fields import MAX_LINES
from models.imports.orders import OrderIn, OrderLineIn
from models.quotes import Quote
from models.validation import Problem, problems_in

_NAMELESS = Message("order-not-named", "names no order: give its channel and external_id")
_SCATTERED = Message(
    "scattered-order", "has rows in several places of the file: bring them together"
)
_LINE_COLUMNS = frozenset(OrderLineIn.model_fields)
_ORDER_COLUMNS = tuple(name for name in OrderIn.model_fields if name != "lines")

Key = tuple[str, str]
"""Channel and external id: what an order is known by outside."""


@dataclass
class OrderDraft:
    """An order in the making: the rows it comes from, and what is wrong with them, by line.

    `places` are the lines of the file that the order's items stand in; `charge` and `quote` are
    there once it is priced; `number` is the order's own, once this import has inserted it.
    """

    rows: Sequence[Row]
    places: Sequence[int]
    subject: str
    order: OrderIn | None = None
    problems: dict[int, list[Message]] = field(default_factory=dict)
    number: int | None = None
    charge: Charge | None = None
    quote: Quote | None = None

    @property
    def known(self) -> tuple[OrderIn, Charge, Quote]:
        """The order with what it is charged, and what that was quoted by, once it is priced."""
        if not (self.order and self.charge and self.quote):
            raise ValueError(f"order {self.subject} is not priced")
        return self.order, self.charge, self.quote

    @property
    def key(self) -> Key:
        """What the order is known by outside; empty while it is unread."""
        return (self.order.channel, self.order.external_id) if self.order else ("", "")

    def add_error(self, problem: Problem) -> None:
        """Note a problem at the line that it belongs to."""
        if problem.item is None:
            return self.add_error_at(self.places[0], problem.message)
        one_line = len(self.rows) == 1 and len(self.places) > 1
        what = _at_item(problem.item, problem.message) if one_line else problem.message
        return self.add_error_at(self.places[problem.item], what)

    def add_error_at(self, line: int, what: Message) -> None:
        """Note a problem at a line of the file."""
        self.problems.setdefault(line, []).append(what)

    def rejects(self) -> Iterator[tuple[Row, tuple[Message, ...]]]:
        """Each row of the rejected order, and why it was not taken."""
        first: dict[str, Value] = {"line": min(self.problems)}
        whole = Message("order-rejected", "its order is rejected whole for line {line}", first)
        for row in self.rows:
            yield row, tuple(self.problems.get(row.line, [whole]))


def _at_item(item: int, what: Message) -> Message:
    """A problem of an order that stands in one line of the file."""
    values: dict[str, Value] = {"number": item + 1, "problem": what}
    field = f"lines.{item}.{what.field}" if what.field else f"lines.{item}"
    return Message(what.code, "item {number}: {problem}", values, field)


def drafts(file: RowFile, progress: Progress | None = None) -> Iterator[OrderDraft]:
    """Every order of the file, sound or not."""
    rows = file.rows(progress)
    if file.form is Form.JSON_LINES:
        return map(_draft_of_object, rows)
    survey = _Survey(file.rows())
    return (_draft_of_rows(block, survey.broken) for block in _blocks(rows, survey.channels))


class _Survey:
    """What must be known of a CSV before its orders are put together.

    `broken` are the orders that a reader of consecutive rows would take for whole when they are
    not, and why. The keys of all orders are held in memory, their rows are not.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.channels: set[str] = set()
        self.broken: dict[Key, Message] = {}
        seen: set[Key] = set()
        for key, block in groupby((row for row in rows if all(_key(row))), _key):
            lines = 0
            for row in block:
                lines += 1
                if not row.problem:
                    self.channels.add(key[0])
            if key in seen:
                self.broken[key] = _SCATTERED
            elif lines > MAX_LINES:
                most: dict[str, Value] = {"most": MAX_LINES}
                self.broken[key] = Message(
                    "order-too-long", "has more than {most:,} lines: split the order", most
                )
            seen.add(key)


def _draft_of_object(row: Row) -> OrderDraft:
    """An order that is one JSON object."""
    items = row.values.get("lines")
    count = len(items) if isinstance(items, list) else 0
    draft = OrderDraft([row], [row.line] * max(count, 1), _subject(row))
    if row.problem:
        draft.add_error_at(row.line, row.problem)
    else:
        _read(draft, row.values)
    return draft


def _draft_of_rows(rows: Sequence[Row], broken: Mapping[Key, Message]) -> OrderDraft:
    """An order that is a row of a CSV per item, with the order's own columns in each of them."""
    sound = [row for row in rows if not _is_faulty(row)]
    first = sound[0] if sound else rows[-1]
    draft = OrderDraft(rows, [row.line for row in sound] or [first.line], _subject(first))
    for row in rows:
        if _is_faulty(row):
            draft.add_error_at(row.line, row.problem or _NAMELESS)
    if not sound:
        return draft
    if reason := broken.get(_key(first)):
        draft.add_error_at(first.line, reason)
    _check_columns_agree(draft, sound)
    header = {name: text for name, text in first.values.items() if name not in _LINE_COLUMNS}
    _read(draft, header | {"lines": [_line_values(row) for row in sound]})
    return draft


def _line_values(row: Row) -> dict[str, Any]:
    return {name: text for name, text in row.values.items() if name in _LINE_COLUMNS}


def _check_columns_agree(draft: OrderDraft, rows: Sequence[Row]) -> None:
    first = rows[0]
    for row in rows[1:]:
        for name in _ORDER_COLUMNS:
            if not look_alike(row.values.get(name), first.values.get(name)):
                given = str(row.values.get(name, ""))
                draft.add_error_at(row.line, _differs(name, given, first.line))


def _differs(name: str, given: str, line: int) -> Message:
    values: dict[str, Value] = {"name": name, "given": given, "line": line}
    return Message("row-differs", "{name} {given!q} differs from line {line}", values, name)


def _read(draft: OrderDraft, values: Mapping[str, Any]) -> None:
    try:
        draft.order = OrderIn.model_validate(values)
    except ValidationError as error:
        found = problems_in(error)
    else:
        found = list(draft.order.problems())
    for problem in found:
        draft.add_error(problem)


def _blocks(rows: Iterable[Row], channels: Set[str]) -> Iterator[list[Row]]:
    """The rows of each order.

    A row that names no order may belong to the one before it or to the one after: it goes to both,
    since neither can be known to be whole. No block grows without end: what is cut here is rejected
    in all its parts.
    """
    block: list[Row] = []
    strays: list[Row] = []
    current: Key | None = None
    for row in rows:
        key = _named_order(row, channels)
        if key is None:
            strays.append(row)
        elif key == current:
            block += [*strays, row]
            strays = []
        else:
            if block:
                yield block + strays
            block, strays, current = [*strays, row], [], key
        if len(block) + len(strays) >= MAX_LINES:
            yield block + strays
            doubts = [row for row in block if _is_faulty(row)][-1:]
            block, strays = ([] if strays else doubts), strays[-1:]
    if block or strays:
        yield block + strays


def _named_order(row: Row, channels: Set[str]) -> Key | None:
    """The order that a row belongs to, if it can be told.

    In a row with too few fields all may have moved up. It is believed when what stands for its
    channel is one.
    """
    channel, external_id = _key(row)
    believed = channel if not row.problem else channel in channels
    return (channel, external_id) if believed and external_id else None


def _is_faulty(row: Row) -> bool:
    return bool(row.problem) or not all(_key(row))


def _key(row: Row) -> Key:
    channel, external_id = (row.values.get(name, "") for name in ("channel", "external_id"))
    return as_key(str(channel)), as_key(str(external_id))


def _subject(row: Row) -> str:
    return "/".join(part for part in _key(row) if part)
