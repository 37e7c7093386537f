from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from jinja2 import DictLoader, UndefinedError

from adapters.language.sentences import Language, language_of
from adapters.language.templates import environment_for
from domain.messages import Message
from domain.money import UnknownCurrency
from models.enums import Role

PAGE = """\
<h1 title="{{ _("My work") }}">{{ _("Hello %(name)s", name=name) }}</h1>
{% trans count=count %}
  One task
  waits
{% pluralize %}
  {{ count }} tasks
  wait
{% endtrans %}
"""


@pytest.fixture
def german(tmp_path):
    catalogue = Catalog("de")
    catalogue.add("My work", "Meine <Arbeit>")
    catalogue.add("Hello %(name)s", "Guten Tag, %(name)s")
    catalogue.add(
        ("One task waits", "%(count)s tasks wait"),
        ("Eine Aufgabe wartet", "%(count)s Aufgaben warten"),
    )
    catalogue.add("packer", "Packer")
    catalogue.add(UnknownCurrency.message, "{currency} ist keine Währung.")
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "packline.po").open("wb") as file:
        write_po(file, catalogue)
    return Language("de_DE", ZoneInfo("Europe/Berlin"), tmp_path)


def rendered(language, template, **values):
    loader = DictLoader({"page.html": template})
    return environment_for(language, loader).get_template("page.html").render(**values)


def english():
    return language_of("en_GB", "Europe/London")


@pytest.mark.parametrize(("count", "said"), [(1, "Eine Aufgabe wartet"), (4, "4 Aufgaben warten")])
def test_a_page_is_in_the_readers_language(german, count, said):
    page = rendered(german, PAGE, name="Jo", count=count)
    assert "Guten Tag, Jo" in page
    assert said in page


def test_a_page_without_a_catalogue_is_in_english():
    assert "4 tasks wait" in rendered(english(), PAGE, name="Jo", count=4)


def test_values_are_escaped_within_a_translated_text(german):
    page = rendered(german, PAGE, name="<script>", count=1)
    assert "Guten Tag, &lt;script&gt;" in page


@pytest.mark.parametrize(
    ("expression", "value", "in_german", "in_english"),
    [
        ("it | word", Role.PACKER, "Packer", "packer"),
        ("it | word", "", "", ""),
        (
            "it | message",
            Message("x", "Unknown {what}", {"what": "A&B"}),
            "Unknown A&amp;B",
            "Unknown A&amp;B",
        ),
        (
            "it | instant",
            datetime(2026, 3, 23, 12, 5, tzinfo=UTC),
            "23. März, 13:05",
            "23 Mar 12:05",
        ),
        ("it | time", datetime(2026, 3, 23, 12, 5, tzinfo=UTC), "13:05", "12:05"),
        ("it | day", date(2026, 3, 23), "23.03.2026", "2026-03-23"),
        ("it | money('EUR')", 123456, "1.234,56\N{NO-BREAK SPACE}€", "€1,234.56"),
        ("it | weight", 1250, "1,25\N{NO-BREAK SPACE}kg", "1.25\N{NO-BREAK SPACE}kg"),
        ("it | number", 12345, "12.345", "12,345"),
        ("it | number", Decimal("1234.50"), "1.234,50", "1,234.50"),
        ("language.tag", None, "de-DE", "en-GB"),
    ],
)
def test_values_are_written_as_the_reader_does(german, expression, value, in_german, in_english):
    template = f"{{{{ {expression} }}}}"
    assert rendered(german, template, it=value) == in_german
    assert rendered(english(), template, it=value) == in_english


def test_an_error_is_said_in_the_readers_language(german):
    assert rendered(german, "{{ it | message }}", it=UnknownCurrency("XAU")).startswith("XAU ist")


def test_a_name_that_the_page_does_not_have_is_an_error(german):
    with pytest.raises(UndefinedError):
        rendered(german, "{{ nothing }}")


def test_templates_are_parsed_once_for_each_language(german):
    loader = DictLoader({"page.html": PAGE})
    assert environment_for(german, loader) is environment_for(german, loader)
    assert environment_for(german, loader) is not environment_for(english(), loader)


@pytest.mark.parametrize(
    ("template", "value", "shown"),
    [
        ("Pick **{it}**", "2 pieces", "Pick <strong>2 pieces</strong>"),
        ("*Split* it with `packline {it}`", "x", "<em>Split</em> it with <code>packline x</code>"),
        ("{it}", "a **bold** `name`", "a &#42;&#42;bold&#42;&#42; &#96;name&#96;"),
        ("**{it}**", "<b>&", "<strong>&lt;b&gt;&amp;</strong>"),
    ],
)
def test_a_paragraph_has_its_marks_and_its_values_have_none(template, value, shown):
    said = Message("x", template, {"it": value})
    assert rendered(english(), "{{ it | paragraph }}", it=said) == shown
