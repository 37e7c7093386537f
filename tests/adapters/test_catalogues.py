"""Every text that people read is in every catalogue, and asks for the same values there."""

import ast
import re
from functools import cache
from html.parser import HTMLParser
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from adapters.language.catalogues import catalogue, catalogue_file, languages
from adapters.language.sentences import language_of
from adapters.language.updating import FOLDERS, PROJECT, sources, update
from services.scanning.verdicts import ScanVerdicts

TRANSLATED = sorted(set(languages()) - {"en"})
OF_PAGE = re.compile(r"%(?:\((\w+)\)s|(%)|(.?))")
OF_SCRIPT = re.compile(r"{\w+}")


@cache
def texts():
    """All texts of the project, each once, with the place where it is first."""
    found = {}
    for source in sources():
        found.setdefault(source.text, source)
    return list(found.values())


@cache
def entries(language):
    with catalogue_file(language).open("rb") as file:
        return read_po(file, language)


def forms(text):
    return (text,) if isinstance(text, str) else text


def in_braces(text):
    """The values of a message's template: name, how it is written, and whether its thousands are
    apart. What stands between the values of a list may be another in each language.
    """
    return {
        (name, how, spec == ",")
        for _, name, spec, how in Formatter().parse(text)
        if name is not None
    }


def of_page(text):
    """The values of a page's text, and what its script puts in; a percent sign that stands for
    nothing is an error.
    """
    found = OF_PAGE.findall(text)
    assert not [bad for name, double, bad in found if not name and not double], text
    return {name for name, _, _ in found if name} | set(OF_SCRIPT.findall(text))


def differing(source, translated):
    """Why a translation cannot take its text's place."""
    values = of_page if source.is_of_page else in_braces
    wanted = set.union(*map(values, forms(source.text)))
    for each in forms(translated):
        try:
            has = values(each)
        except (ValueError, AssertionError):
            return f"cannot be read: {each}"
        if len(forms(translated)) == 1 and has != wanted:
            return f"has {has}, not {wanted}"
        if not has <= wanted:
            return f"has {has - wanted} beside {wanted}"
    return ""


def fault(source, catalogue):
    entry = catalogue.get(forms(source.text)[0])
    if entry is None:
        return "is missing"
    if entry.fuzzy:
        return "is a guess (fuzzy)"
    translated = forms(entry.string)
    if len(translated) != (catalogue.num_plurals if isinstance(source.text, tuple) else 1):
        return "has not all forms of the plural"
    return differing(source, entry.string) if all(translated) else "is empty"


def faults(catalogue):
    """What is wrong with a catalogue, with the places in the code."""
    for source in texts():
        if why := fault(source, catalogue):
            yield f"{source.file}:{source.line}: {source.text!r} {why}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language):
    assert list(faults(entries(language))) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_translated_that_no_code_has(language):
    """`python -m adapters.language.updating` takes it out."""
    known = {forms(source.text)[0] for source in texts()}
    assert [entry.id for entry in entries(language) if forms(entry.id)[0] not in {"", *known}] == []
    assert list(entries(language).obsolete) == []


def test_german_is_there():
    assert languages() == {"de": "Deutsch", "en": "English"}


@pytest.mark.lengthy
def test_every_kind_of_text_is_found():
    found = {source.text for source in texts()}
    assert {
        "There is no task {task}: `packline tasks` lists the open ones.",  # of an error
        "Cancellation requested",  # of an event
        ("{pieces} piece", "{pieces} pieces"),
        "logistics coordinator",  # of an enum
        "all as listed",  # of a form's list
        "Weight (g)",  # of a form's field
        "Tell us what you picked.",  # of a form
        "Hand over to the carrier",  # of a gate
        "Tracking number",  # of a table's head
        "Retrieve New Order",  # of a step
        "at risk",  # of a promise
    } <= found
    assert {"split-off", "nearest", "commodity"}.isdisjoint(found)  # ids, and what settings have


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ('msgstr ""', "is empty"),
        ('msgstr "Keine Aufgabe {task}: `packline tasks`."', ""),
        ('msgstr "Keine Aufgabe {nummer}."', "has"),
        ('msgstr "Keine Aufgabe."', "has"),
        ('msgstr "Keine Aufgabe {task."', "cannot be read"),
        (None, "is missing"),
    ],
)
def test_what_a_catalogue_may_lack_is_told(tmp_path, written, why):
    text = "There is no task {task}: `packline tasks` lists the open ones."
    source = next(source for source in texts() if source.text == text)
    file = tmp_path / "packline.po"
    file.write_text(f'msgid "{text}"\n{written}\n' if written else "")
    assert fault(source, read_po(file.open("rb"), "de")).startswith(why)
    if written:
        file.write_text(f'#, fuzzy\nmsgid "{text}"\n{written}\n')
        assert fault(source, read_po(file.open("rb"), "de")) == "is a guess (fuzzy)"


def test_a_plural_has_all_its_forms(tmp_path):
    source = next(each for each in texts() if each.text == ("{bins} bin", "{bins} bins"))
    file = tmp_path / "packline.po"
    entry = 'msgid "{bins} bin"\nmsgid_plural "{bins} bins"\nmsgstr[0] "{bins} Platz"\n'
    file.write_text(entry)
    assert fault(source, read_po(file.open("rb"), "de"))
    file.write_text(entry + 'msgstr[1] "{bins} Plätze"\n')
    assert not fault(source, read_po(file.open("rb"), "de"))


@pytest.mark.lengthy
def test_an_update_keeps_what_is_translated_and_takes_out_what_no_code_has(tmp_path):
    file = catalogue_file("de", tmp_path)
    file.parent.mkdir(parents=True)
    file.write_text('msgid "Pack"\nmsgstr "Packen"\n\nmsgid "Gone"\nmsgstr "Fort"\n')
    update("de", tmp_path)
    updated = read_po(file.open("rb"), "de")
    assert updated.get("Pack").string == "Packen"
    assert updated.get("Pick").string == ""
    assert "Gone" not in file.read_text()
    before = file.read_text()
    update("de", tmp_path)
    assert file.read_text() == before


@pytest.mark.lengthy
def test_a_language_is_begun_with_all_texts(tmp_path):
    update("fr", tmp_path)
    assert languages(tmp_path) == {"en": "English", "fr": "Français"}
    with catalogue_file("fr", tmp_path).open("rb") as file:
        assert len(read_po(file, "fr")) == len({forms(source.text)[0] for source in texts()})


def test_the_catalogue_is_where_translators_look_for_it():
    assert catalogue_file("de").is_file()
    assert catalogue(language_of("de_AT", "Europe/Vienna").locale).gettext("Bin") == "Lagerplatz"


READ_ELSEWHERE = {
    "domain/errors.py": ("cls.message", "cls.messages[code]"),  # of the classes themselves
    "console/queries/event_words.py": ("Titles.messages[kind]",),
    "models/validation.py": ("InvalidValue.messages[code]",),
    "services/alarms/alarms.py": ("to_do.text",),
    "services/alarms/circuit.py": ("_BUSY.text",),
    "services/shipping/loading.py": ("LoadVerdicts.messages[result]",),
    "services/scanning/restocking.py": ("RestockVerdicts.messages[result]",),
    "services/worklist/gates.py": ("title_of(kind)",),
    "services/scanning/verdicts.py": ("ScanVerdicts.messages[result]",),
    "console/web/picking.py": ("text",),
    "services/packing/words.py": ("BenchWords.messages[code]",),
}
"""Texts that are found where they are written, and not where they are used."""


def test_texts_are_written_where_translators_find_them():
    hidden = [
        f"{file}:{text.lineno}: {ast.unparse(text)}"
        for file, tree in modules()
        for text in texts_of_messages(tree)
        if ast.unparse(text) not in READ_ELSEWHERE.get(file, ())
    ]
    assert hidden == []


def modules():
    for folder in FOLDERS:
        for file in sorted((PROJECT / folder).rglob("*.py")):
            yield file.relative_to(PROJECT).as_posix(), ast.parse(file.read_text())


def texts_of_messages(tree):
    """The texts of a module that are neither literals nor plurals with a name."""
    plurals = {
        ast.unparse(node.targets[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and is_plural(node.value)
    }
    for text in places_of_texts(tree):
        if not is_literal(text) and ast.unparse(text) not in plurals:
            yield text


def places_of_texts(tree):
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="Message"), args=[_, text, *_]):
                yield text
            case ast.Call(func=ast.Name(id="Field"), keywords=keywords):
                yield from (each.value for each in keywords if each.arg in TITLES)
            case ast.ClassDef():
                yield from texts_of_class(node)


def texts_of_class(definition):
    for statement in definition.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="message" | "messages")], value=value):
                yield from value.values if isinstance(value, ast.Dict) else [value]


TITLES = {"title", "description"}


def is_literal(text):
    return isinstance(text, ast.Constant) or is_plural(text)


def is_plural(text):
    match text:
        case ast.Call(func=ast.Name(id="Plural"), args=[ast.Constant(), ast.Constant(), *_]):
            return True
    return False


OF_JINJA = re.compile(r"{%-? *trans\b.*?endtrans *-?%}|{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
ALIKE = re.compile(r'[\w-]+="[^"]*"|\bmm\b')
"""What a macro puts into a tag, and units."""
LETTER = re.compile(r"[^\W\d_]")


class FixedTexts(HTMLParser):
    """What a page shows in every language alike, with the lines where it is."""

    def __init__(self, template):
        super().__init__()
        self.found = []
        self.feed(OF_JINJA.sub(lambda jinja: "\n" * jinja[0].count("\n"), template))

    def handle_starttag(self, tag, attrs):
        for name, text in attrs:
            if name in ("alt", "aria-label", "placeholder", "title"):
                self.handle_data(text or "")

    def handle_data(self, text):
        if LETTER.search(ALIKE.sub("", text)):
            self.found.append((self.getpos()[0], text.strip()))


def test_pages_show_no_text_that_goes_past_the_catalogues():
    pages = sorted(PROJECT.glob("console/**/templates/**/*.html"))
    assert len(pages) > 10
    shown = [
        f"{page.relative_to(PROJECT)}:{line}: {text}"
        for page in pages
        for line, text in FixedTexts(page.read_text()).found
    ]
    assert shown == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ('<p title="{{ _("Sign in") }}">{{ name }} × {% trans %}Hi{% endtrans %}</p>', []),
        ("<p>\n{{ name }} is late</p>", [(2, "is late")]),
        ('<a href="/x" aria-label="Close">×</a>', [(1, "Close")]),
        ("{# To do #}{% if it %}<b>Now</b>{% endif %}", [(1, "Now")]),
    ],
)
def test_a_fixed_text_of_a_page_is_noticed(template, found):
    assert [text for _, text in FixedTexts(template).found] == [text for _, text in found]


IN_A_SCRIPT = re.compile(
    r"(?:textContent|innerText|title|placeholder)\s*=\s*[\"'`][^\"'`]*[A-Za-z]"
)


def test_scripts_have_no_words_of_their_own():
    """Pages hand them over, in `data-` attributes."""
    scripts = sorted(PROJECT.glob("console/**/static/*.js"))
    assert scripts
    values = re.compile(r"\${[^}]*}")
    texts = {each.name: values.sub("", each.read_text()) for each in scripts}
    assert [name for name, text in texts.items() if IN_A_SCRIPT.search(text)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_said_of_a_scan_fits_on_a_scanners_screen(language):
    said = language_of(language, "Europe/Berlin")
    texts = [said.word(text) for text in ScanVerdicts.messages.values()]
    assert [text for text in texts if len(OF_SCRIPT.sub("", text)) > 80] == []
