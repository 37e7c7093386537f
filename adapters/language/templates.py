"""Pages in the reader's language: templates whose texts go through the catalogue.

In a template, `{{ _("Sign in") }}` and `{% trans count=n %}…{% pluralize %}…{% endtrans %}` are
texts for a translator. Values are written by filters: `message`, `paragraph` (a message with bold
words), `word` (of a fixed text, such as an enum's), `instant`, `day`, `time`, `money(currency)` (of
minor units), `weight` (of grams) and `number`.
"""

import re
from decimal import Decimal
from functools import lru_cache

from jinja2 import BaseLoader, Environment, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from adapters.language.sentences import Language, sentence
from domain.errors import PacklineError
from domain.messages import Message
from domain.money import amount

_MARKS = {r"\*\*(.+?)\*\*": "strong", r"\*(.+?)\*": "em", r"`(.+?)`": "code"}
"""What a paragraph may have, and the elements of HTML for it."""


@lru_cache
def environment_for(language: Language, loader: BaseLoader) -> Environment:
    """The templates for readers of a language; made once for each, with what was parsed of them.

    Templates find the language itself as `language`, such as in `<html lang="{{ language.tag }}">`.
    HTML is escaped, and a name that a template uses without having it is an error.
    """
    environment = Environment(
        loader=loader,
        extensions=["jinja2.ext.i18n"],
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(language.catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["language"] = language
    _add_filters(environment, language)
    return environment


def _add_filters(environment: Environment, language: Language) -> None:
    """How values are written in a language."""

    def message(said: Message | PacklineError) -> str:
        return sentence(said, language)

    def paragraph(said: Message) -> Markup:
        return _marked(language.sentence(said.with_texts(_without_marks)))

    def money(minor: int, currency: str) -> str:
        return language.money(amount(minor, currency))

    def number(value: int | float | Decimal) -> str:
        return language.number(value, thousands=True)

    environment.filters |= {
        "message": message,
        "paragraph": paragraph,
        "word": language.word,
        "instant": language.instant,
        "day": language.day,
        "time": language.time,
        "money": money,
        "weight": language.weight,
        "number": number,
    }


def _without_marks(text: str) -> str:
    """A text from outside, escaped, in which nothing is taken for a mark."""
    return re.sub(r"[*`]", lambda mark: f"&#{ord(mark[0])};", escape(text))


def _marked(sentence: str) -> Markup:
    """Our own text around them is HTML but for its marks: no template has an angle bracket."""
    for mark, element in _MARKS.items():
        sentence = re.sub(mark, rf"<{element}>\1</{element}>", sentence)
    return Markup(sentence)
