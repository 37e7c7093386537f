import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

import pytest

from domain.errors import FieldError, PacklineError, reason
from domain.messages import Message, Plural, Word, Wording, said

PIECES = Plural("{n:,} piece is missing", "{n:,} pieces are missing", "n")
NOON = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)


class OutOfStock(PacklineError):
    message = "{wanted} of {sku!r} are wanted and {available} are there: order more."

    def __init__(self, sku, wanted, available):
        super().__init__(sku=sku, wanted=wanted, available=available)


class InvalidValue(FieldError):
    messages = {"not-text-or-so": "{given!q} is odd"}


class Refused(PacklineError):
    messages = {"too-heavy": "{grams:,} g are too heavy: pack less.", "no-price": "No: {problem}."}


def test_an_error_has_a_code_a_field_and_values_and_says_its_sentence():
    error = Refused("too-heavy", field="parcels.0.weight_grams", grams=31_000)
    assert (error.code, error.field) == ("too-heavy", "parcels.0.weight_grams")
    assert error.values == {"grams": 31_000}
    assert str(error) == "31,000 g are too heavy: pack less."


def test_the_code_of_a_class_with_one_message_is_its_name():
    error = OutOfStock("MUG", 3, 1)
    assert error.code == "out-of-stock"
    assert str(error) == "3 of 'MUG' are wanted and 1 are there: order more."


def test_an_error_within_another_is_a_part_of_its_sentence():
    error = Refused("no-price", problem=reason(OutOfStock("MUG", 3, 1)))
    assert str(error) == "No: 3 of 'MUG' are wanted and 1 are there: order more."


def test_a_message_may_be_taken_over_about_a_field():
    error = Refused(OutOfStock("MUG", 3, 1).says.about("sku"))
    assert (error.code, error.field) == ("out-of-stock", "sku")


def test_a_sentence_that_is_in_no_table_is_said_as_it_is():
    error = Refused("Some {braces} of somebody else.")
    assert (error.code, str(error)) == ("refused", "Some {braces} of somebody else.")


def test_of_a_value_as_long_as_a_file_the_ends_are_kept():
    long = "a" * 500 + "b" * 500
    error = InvalidValue("not-text-or-so", given=long)
    assert error.values["given"] == "a" * 100 + "b" * 100
    assert str(error) == str(
        Message("test", InvalidValue.messages["not-text-or-so"], {"given": long})
    )


def test_a_field_error_is_a_value_error_for_pydantic():
    assert isinstance(FieldError("is odd"), ValueError)


@pytest.mark.parametrize(
    ("template", "value", "sentence"),
    [
        ("{it}", 1234, "1234"),
        ("{it:,}", 1234, "1,234"),
        ("{it}", 2000.0, "2000"),
        ("{it}", 1.5, "1.5"),
        ("{it}", Decimal("1.50"), "1.50"),
        ("{it:,}", Decimal("1234.50"), "1,234.50"),
        ("{it}", NOON, "23 Nov 12:05"),
        ("{it}", date(2026, 11, 23), "2026-11-23"),
        ("{it}", ("a", "b"), "a, b"),
        ("{it: and }", ("a", "b"), "a and b"),
        ("{it!r}", "it's", '"it\'s"'),
        ("{it!q}", "x" * 50, "'xxxxxxxxxxxx...xxxxxxxxxxxxx'"),
        ("{it}", None, ""),
        ("{{it}}", "a", "{it}"),
        ("{it}", "{other}", "{other}"),
        ("{it.__class__}", "a", "{it.__class__}"),
        ("{it}; {missing}", "a", "a; {missing}"),
        ("{it:; }", (said("One."), said("Two.")), "One; Two"),
    ],
)
def test_values_are_shown_as_the_template_says(template, value, sentence):
    assert str(Message("test", template, {"it": value})) == sentence


@pytest.mark.parametrize(
    ("count", "sentence"),
    [(0, "0 pieces are missing"), (1, "1 piece is missing"), (2000, "2,000 pieces are missing")],
)
def test_one_piece_and_several(count, sentence):
    assert str(Message("missing", PIECES, {"n": count})) == sentence


def test_a_message_comes_back_from_json_as_it_was():
    message = Message(
        "all",
        PIECES,
        {
            "n": 2,
            "at": NOON,
            "day": date(2026, 11, 23),
            "amount": Decimal("1.50"),
            "skus": ("MUG", "VASE"),
            "problems": (said("One."), Message("two", "{n}", {"n": 2}, "lines.1.sku")),
            "nothing": None,
            "title": Word("Pieces"),
        },
        "lines",
    )
    assert Message.from_data(json.loads(json.dumps(message.as_data()))) == message


class Shade(StrEnum):
    DARK = "dark"


class Loud(Wording):
    def word(self, text):
        return text.upper()


@pytest.mark.parametrize("value", [Shade.DARK, Word("dark")])
def test_a_value_of_an_enum_and_a_word_are_said_in_the_readers_language(value):
    message = Message("x", "{it}, {them: and }", {"it": value, "them": (value, "dark")})
    assert Loud().sentence(message) == "DARK, DARK and dark"
    assert Loud().sentence(Message.from_data(message.as_data())) == "DARK, DARK and dark"
    assert str(message) == "dark, dark and dark"


def test_only_texts_from_outside_are_changed():
    within = Message("y", "{name}", {"name": "Ann"})
    message = Message(
        "x", "{one} {all} {shade}", {"one": within, "all": ("Ann", 2), "shade": Shade.DARK}
    )
    assert str(message.with_texts(lambda text: "…")) == "… …, 2 dark"
