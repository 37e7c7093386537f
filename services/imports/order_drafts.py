"""From the rows of a file to orders: which rows belong together, and what is wrong with them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from adapters.files.lines import Progress, seen
from adapters.files.rows import Form, Row, RowFile
from domain.charges import Charge
from domain.messages import Message, Value
from domain.texts import as_key, look_alike
from models.imports.fields import MAX_LINES
from models.imports.orders import OrderIn, OrderLineIn
from models.imports.read_orders import Place, read_order
from models.quotes import Quote
from models.validation import Problem

_NAMELESS = Message("order-not-named", "names no order: give its channel and external_id")
_SCATTERED = Message(
    "scattered-order", "has rows in several places of the file: bring them together"
)
_KEY_COLUMNS = ("channel", "external_id")
_KEY_PLACES = frozenset((None, name) for name in _KEY_COLUMNS)
_LINES_OF_A_ROW = 20
"""So many line breaks are looked for in the fields of a row; an address has fewer."""
_LINE_COLUMNS = frozenset(OrderLineIn.model_fields)
_ORDER_COLUMNS = tuple(name for name in OrderIn.model_fields if name != "lines")

Key = tuple[str, str]
"""Channel and external id: what an order is known by outside."""


@dataclass
class OrderDraft:
    """An order in the making: the rows it comes from, and what is wrong with them, by line.

    `places` are the lines of the file that the order's items stand in; `order` is what can be read
    of it, without its fields `unread`, and `is_chargeable` when it is known what it is charged;
    `charge` and `quote` are there once it is priced; `number` is the order's own, once this import
    has inserted it.
    """

    rows: Sequence[Row]
    places: Sequence[int]
    subject: str
    name: Key | None = None
    order: OrderIn | None = None
    unread: frozenset[Place] = frozenset()
    is_chargeable: bool = False
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
        """What the order is known by outside; empty while that is unread."""
        if not self.order or not self.unread.isdisjoint(_KEY_PLACES):
            return "", ""
        return self.order.channel, self.order.external_id

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
    survey = _Survey(file)
    return (_draft_of_rows(block, survey) for block in _Blocks(survey).of(rows))


class _Survey:
    """What must be known of a CSV before its orders are put together.

    `broken` are the orders that a reader of consecutive rows would take for whole when they are
    not, and why. The keys of all orders are held in memory, their rows are not.
    """

    def __init__(self, file: RowFile) -> None:
        self.file = file
        self.broken: dict[Key, Message] = {}
        self._channels: set[str] = set()
        self._sound: set[Key] = set()
        seen: set[Key] = set()
        for key, block in groupby((row for row in file.rows() if all(_key(row))), _key):
            lines = 0
            for row in block:
                lines += 1
                if not row.problem:
                    self._channels.add(key[0])
                    self._sound.add(key)
            if key in seen:
                self.broken[key] = _SCATTERED
            elif lines > MAX_LINES:
                most: dict[str, Value] = {"most": MAX_LINES}
                self.broken[key] = Message(
                    "order-too-long", "has more than {most:,} lines: split the order", most
                )
            seen.add(key)

    def named_order(self, row: Row) -> Key | None:
        """The order that a row belongs to, if it can be told.

        In a row with too few fields all may have moved up. It is believed when what stands for its
        channel is one; where other columns stand between channel and number, also its number must
        be one.
        """
        channel, external_id = key = _key(row)
        if not (channel and external_id):
            return None
        if row.may_have_moved and not self._is_believed(key):
            return None
        return key

    def _is_believed(self, key: Key) -> bool:
        channel, external_id = map(self.file.columns.index, _KEY_COLUMNS)
        return key in self._sound if abs(channel - external_id) > 1 else key[0] in self._channels


def _draft_of_object(row: Row) -> OrderDraft:
    """An order that is one JSON object."""
    items = row.values.get("lines")
    count = len(items) if isinstance(items, list) else 0
    key = _key(row)
    draft = OrderDraft([row], [row.line] * max(count, 1), _subject(key), key if all(key) else None)
    if row.problem:
        draft.add_error_at(row.line, row.problem)
    if row.values:
        _read(draft, row.values)
    return draft


def _draft_of_rows(rows: Sequence[Row], survey: _Survey) -> OrderDraft:
    """An order that is a row of a CSV per item, with the order's own columns in each of them."""
    sound = [row for row in rows if not _is_faulty(row)]
    first = sound[0] if sound else rows[-1]
    places = [row.line for row in sound] or [first.line]
    names = (survey.named_order(row) for row in (first, *rows))
    draft = OrderDraft(rows, places, _subject(_key(first)), next(filter(None, names), None))
    for row in rows:
        if _is_faulty(row):
            draft.add_error_at(row.line, row.problem or _NAMELESS)
    if not sound:
        return draft
    if reason := survey.broken.get(_key(first)):
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
    """Read the order; it is chargeable if neither its rows nor what is in them say otherwise."""
    read = read_order(values)
    draft.order, draft.unread = read.order, read.unread
    draft.is_chargeable = read.is_chargeable and not draft.problems
    for problem in read.problems:
        draft.add_error(problem)


class _Blocks:
    """Puts the rows of each order together.

    A row that names no order may belong to the one before it or to the one after: it goes to both,
    since neither can be known to be whole. The lines of a row with line breaks in its fields belong
    to that row. No block grows without end: what is cut here is rejected in all its parts.
    """

    def __init__(self, survey: _Survey) -> None:
        self._survey = survey
        self._block: list[Row] = []
        self._strays: list[Row] = []
        self._current: Key | None = None

    def of(self, rows: Iterable[Row]) -> Iterator[list[Row]]:
        """The blocks, in the order of the file."""
        for row in rows:
            yield from self._add(row)
            if len(self._block) + len(self._strays) >= MAX_LINES:
                yield self._cut()
        if self._block or self._strays:
            yield self._block + self._strays

    def _add(self, row: Row) -> Iterator[list[Row]]:
        key = self._survey.named_order(row)
        if self._ends_spoilt_row(row) or (key and key == self._current):
            self._block += [*self._strays, row]
            self._strays = []
        elif key is None:
            self._strays.append(row)
        else:
            strays = [] if self._is_one_row([*self._strays, row]) else self._strays
            if self._block:
                yield self._block + strays
            self._block, self._strays, self._current = [*self._strays, row], [], key

    def _cut(self) -> list[Row]:
        cut = self._block + self._strays
        doubts = [row for row in self._block if _is_faulty(row)][-1:]
        self._block, self._strays = ([] if self._strays else doubts), self._strays[-1:]
        return cut

    def _ends_spoilt_row(self, row: Row) -> bool:
        """Whether the row is what a field of the last one has behind its line breaks."""
        if not (row.problem and self._block and self._block[-1].problem):
            return False
        return self._is_one_row([self._block[-1], *self._strays, row])

    def _is_one_row(self, rows: Sequence[Row]) -> bool:
        return 1 < len(rows) <= _LINES_OF_A_ROW and self._survey.file.is_one_row(rows)


def _is_faulty(row: Row) -> bool:
    return bool(row.problem) or not all(_key(row))


def _key(row: Row) -> Key:
    """What names the order, as people see it."""
    channel, external_id = (row.values.get(name, "") for name in _KEY_COLUMNS)
    return as_key(seen(str(channel))), as_key(seen(str(external_id)))


def _subject(key: Key) -> str:
    return "/".join(part for part in key if part)
