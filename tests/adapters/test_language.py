import ast
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from pydantic import ValidationError

from adapters.language.extraction import templates
from adapters.language.sentences import Language, language_of, operators_language, sentence
from adapters.language.updating import FOLDERS, PROJECT, sources
from adapters.settings import settings
from domain.messages import ENGLISH, Message, Plural, names_in
from domain.money import TooManyDecimals, UnknownCurrency
from domain.zones import NoShippingZone
from models.enums import ShortPickReason
from models.forms.base import errors_of
from models.forms.packing import PackingForm
from services.execution.errors import AnswerRefused
from services.pricing.refunds import UnknownRefund
from services.stock_control.stock_changes import UnknownProduct

PIECES = Plural("{n} piece", "{n} pieces", "n")
GERMAN = {
    TooManyDecimals.message: "{amount!q} hat zu viele Stellen für {currency}: höchstens {allowed}.",
    AnswerRefused.messages["collected-in-future"]: "{collected} liegt nach {now}.",
    AnswerRefused.messages["parcels-lighter-than-goods"]: "{goods:,} g, nicht {packed:,} g.",
    AnswerRefused.messages["carrier-does-not-take-parcel"]: "Paket {number}: {problem}.",
    AnswerRefused.messages["product-not-in-order"]: "{sku} fehlt unter {skus: und }.",
    UnknownRefund.message: "Keine Erstattung {nummer}.",
    UnknownProduct.message: "Kein Produkt {sku.",
    NoShippingZone.message: "Keine Zone für {place: }.",
    (PIECES.one, PIECES.other): ("{n} Stück", "{n} Stücke"),
}


@pytest.fixture
def german(tmp_path):
    """A tiny catalogue, as a translator would add it."""
    catalogue = Catalog("de")
    for english, translated in GERMAN.items():
        catalogue.add(english, translated)
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "packline.po").open("wb") as file:
        write_po(file, catalogue)
    return Language("de_AT", ZoneInfo("Europe/Vienna"), tmp_path)


def test_an_error_is_said_in_the_readers_language(german):
    error = TooManyDecimals(amount="1.999", currency="USD", allowed=2)
    assert sentence(error, german) == "'1.999' hat zu viele Stellen für USD: höchstens 2."
    assert sentence(error) == str(error)


def test_what_has_no_translation_is_said_in_english(german):
    error = UnknownCurrency("XAU")
    assert sentence(error, german) == str(error)


@pytest.mark.parametrize("error", [UnknownRefund(7), UnknownProduct("MUG")])
def test_a_translation_with_other_braces_is_not_used(german, error):
    assert sentence(error, german) == str(error)


def test_instants_are_told_by_the_readers_clock(german):
    instants = {
        "collected": datetime(2026, 3, 23, 12, 5, tzinfo=UTC),
        "now": datetime(2026, 3, 23, 9, 0, tzinfo=UTC),
    }
    error = AnswerRefused("collected-in-future", **instants)
    assert sentence(error, german) == "23. März, 13:05 liegt nach 23. März, 10:00."


def test_numbers_and_lists_are_written_as_people_do_there(german):
    weights = AnswerRefused("parcels-lighter-than-goods", goods=1234, packed=900)
    assert sentence(weights, german) == "1.234 g, nicht 900 g."
    skus = AnswerRefused("product-not-in-order", sku="CUP", skus=("MUG", "VASE"))
    assert sentence(skus, german) == "CUP fehlt unter MUG und VASE."


def test_a_message_within_another_is_translated_too(german):
    problem = NoShippingZone("FR", "75001").says
    error = AnswerRefused("carrier-does-not-take-parcel", number=2, problem=problem)
    assert sentence(error, german) == "Paket 2: Keine Zone für FR 75001."


@pytest.mark.parametrize(("n", "said"), [(1, "1 Stück"), (3, "3 Stücke")])
def test_plurals_are_the_languages_own(german, n, said):
    assert sentence(Message("pieces", PIECES, {"n": n}), german) == said


@pytest.mark.parametrize(
    "value",
    [7, 1234, 10**30, 1.5, Decimal("1234.50"), Decimal("7.000"), date(2026, 9, 2), ("a", "b")],
)
@pytest.mark.parametrize("spec", ["", ":,"])
def test_english_by_locale_and_english_without_one_are_the_same(value, spec):
    if isinstance(value, tuple) and spec:
        return
    message = Message("test", f"{{it{spec}}}", {"it": value})
    language = Language("en_GB", ZoneInfo("Europe/London"))
    assert language.sentence(message) == ENGLISH.sentence(message)


def test_september_has_three_letters_as_in_all_our_lists():
    message = Message("test", "{at}", {"at": datetime(2026, 9, 2, 23, 30, tzinfo=UTC)})
    assert Language("en_GB", ZoneInfo("Europe/London")).sentence(message) == "03 Sep 00:30"


def test_settings_that_cannot_be_read_are_complained_of_in_english(monkeypatch, fresh_settings):
    monkeypatch.setenv("PACKLINE_LOCALE", "nowhere")
    fresh_settings()
    assert operators_language() is ENGLISH


@pytest.fixture
def german_operator(monkeypatch, fresh_settings):
    monkeypatch.setenv("PACKLINE_LOCALE", "de_DE")
    fresh_settings()


FEWER = AnswerRefused(
    "reason-for-fewer-missing", found=1, listed=2, sku="MUG", reasons=tuple(ShortPickReason)
)


def test_an_operators_error_names_in_english_what_is_to_be_typed_in(german_operator):
    said = sentence(FEWER)
    assert said.startswith("Sie haben von 2 × MUG 1 gefunden: Sagen Sie, warum")
    assert said.endswith("not in bin, damaged, wrong item, other.")


def test_in_the_console_all_of_a_sentence_is_in_the_readers_language():
    said = sentence(FEWER, language_of("de_DE", "Europe/Berlin"))
    assert said.endswith("nicht am Lagerplatz, beschädigt, falscher Artikel, Sonstiges.")


def test_a_form_says_what_is_wrong_with_which_field_in_the_readers_language():
    given = {"gate": "packing", "packed_by": "Jo", "parcels": [{"weight_grams": "heavy"}]}
    with pytest.raises(ValidationError) as wrong:
        PackingForm.model_validate(given)
    weight, *_ = errors_of(PackingForm, wrong.value)
    language = language_of("de_DE", "Europe/Berlin")
    assert sentence(weight, language) == (
        "Pakete, Eintrag 1, Gewicht (g) 'heavy' ist keine ganze Zahl"
    )
    assert str(weight) == "Parcels, item 1, Weight (g) 'heavy' is not a whole number"


@pytest.fixture
def fresh_settings():
    yield settings.cache_clear
    settings.cache_clear()


def modules():
    for folder in FOLDERS:
        for file in sorted((PROJECT / folder).rglob("*.py")):
            yield file, ast.parse(file.read_text())


TREES = dict(modules())


BY_KIND = {
    PROJECT / "console/queries/event_words.py",
    PROJECT / "services/scanning/verdicts.py",
}
"""Titles of events are known by the events' kinds, verdicts by the scans' results."""


def test_every_code_means_one_thing():
    texts = defaultdict(set)
    for file, tree in TREES.items():
        for found in templates(tree) if file not in BY_KIND else ():
            if found.code:  # else it is that of the message within
                texts[found.code].add(found.text)
    assert {code: said for code, said in texts.items() if len(said) > 1} == {}
    assert len(texts) > 150


def test_babel_finds_every_template():
    found = {source.text for source in sources()}
    assert UnknownCurrency.message in found
    assert set(AnswerRefused.messages.values()) <= found


class ErrorClass:
    """A class of errors as the source has it: its templates, and what its sentence is made of."""

    def __init__(self, tree):
        self.name = tree.name
        self.bases = [base.id for base in tree.bases if isinstance(base, ast.Name)]
        self.tree = tree
        self.templates = {found.code: found.text for found in own_templates(tree)}
        self.init = next((f for f in tree.body if getattr(f, "name", "") == "__init__"), None)


def own_templates(tree):
    body = [node for node in tree.body if isinstance(node, ast.Assign)]
    return templates(ast.Module([ast.ClassDef(tree.name, [], [], body, [])], []))


CLASSES = {
    node.name: ErrorClass(node)
    for tree in TREES.values()
    for node in ast.walk(tree)
    if isinstance(node, ast.ClassDef)
}


def is_error(name):
    known = CLASSES.get(name)
    return name == "PacklineError" or bool(known and any(map(is_error, known.bases)))


ERRORS = {name: known for name, known in CLASSES.items() if is_error(name)}


def calls(tree, name):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            yield node


CALLS = defaultdict(list)
for each in TREES.values():
    for node in ast.walk(each):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            CALLS[node.func.id].append(node)


def sites(error):
    """The calls that say what an error's sentence is made of."""
    if error.init:
        return list(calls(error.init, "super().__init__"))
    return CALLS[error.name]


def given(call):
    """The values that a call names; None where it passes on what it was given."""
    names = {keyword.arg for keyword in call.keywords}
    return None if None in names else names - {"field"}


def asked_for(error, call):
    """The values that the templates want which the call may mean."""
    code = call.args[0] if call.args else None
    if isinstance(code, ast.Constant):
        assert code.value in error.templates, f"{error.name}: {code.value} has no template"
        return names_in(error.templates[code.value])
    assert not isinstance(code, ast.JoinedStr), f"{error.name} is raised with a sentence"
    return set().union(*map(names_in, error.templates.values()))


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_an_error_has_the_values_that_its_templates_ask_for(name):
    error = ERRORS[name]
    for call in sites(error) if error.templates else []:
        values = given(call)
        if values is not None and not is_taken_over(call) and error.bases != ["BadFile"]:
            assert asked_for(error, call) <= values, ast.unparse(call)


def is_taken_over(call):
    """Another error's message, as it is."""
    return bool(call.args) and ".says" in ast.unparse(call.args[0])
