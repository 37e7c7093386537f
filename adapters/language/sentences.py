"""From messages to sentences, in the reader's language.

The ids of the catalogues are the English templates. What is not in one is said in English, and so
is everything where there is none.
"""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal

from adapters.language.amounts import money_text, weight_text
from adapters.language.catalogues import CATALOGUES, catalogue
from adapters.settings import BadSetting, settings
from domain.errors import PacklineError
from domain.messages import ENGLISH, Message, Money, Plural, Text, Wording, names_in

_DAY_OF_YEAR = "MMMd"
_TIME = "HH:mm"


class Language(Wording):
    """The wording for people who read in a locale, and whose clocks show a time zone."""

    def __init__(self, locale: str, zone: ZoneInfo, catalogues: Path = CATALOGUES) -> None:
        self.locale = Locale.parse(locale)
        self.zone = zone
        self.catalogue = catalogue(self.locale, catalogues)

    @property
    def tag(self) -> str:
        """How web pages name the language: `de`, `en-GB`."""
        return str(self.locale).replace("_", "-")

    def word(self, text: str) -> str:
        """A fixed text of ours in this language; in English where it has none."""
        return self._in_catalogue(text)

    def _in_catalogue(self, text: str) -> str:
        """The text in this language; of none, gettext has its own notes."""
        return str(self.catalogue.gettext(text)) if text else ""

    def template(self, message: Message) -> str:
        """The template in this language; in English where it has none that fits."""
        found = self._translated(message)
        return found if _asks_for_no_more(found, message.text) else super().template(message)

    def _translated(self, message: Message) -> str:
        match message.text:
            case Plural(one, other, number):
                count = message.values.get(number)
                return self.catalogue.ngettext(one, other, count if isinstance(count, int) else 2)
            case text:
                return self._in_catalogue(text)

    def number(self, value: int | float | Decimal, *, thousands: bool) -> str:
        """A number as people write it in this locale, with the decimals that it has.

        A whole one without thousands apart names something, such as an order.
        """
        if isinstance(value, int) and not thousands:
            return str(value)
        try:
            return self._written(value, thousands=thousands)
        except InvalidOperation:  # more digits than Babel reckons with
            return super().number(value, thousands=thousands)

    def _written(self, value: int | float | Decimal, *, thousands: bool) -> str:
        exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
        decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        return format_decimal(
            value,
            format=f"#,##0.{'0' * decimals}" if decimals else None,
            locale=self.locale,
            decimal_quantization=decimals > 0,
            group_separator=thousands,
        )

    def instant(self, value: datetime) -> str:
        """An instant by the clock of this time zone."""
        if self._is_english:
            return super().instant(value.astimezone(self.zone))
        local = value.astimezone(self.zone)
        return f"{format_skeleton(_DAY_OF_YEAR, local, locale=self.locale)}, {self.time(value)}"

    def day(self, value: date) -> str:
        """A date; in English year first, as the command line takes it."""
        return super().day(value) if self._is_english else format_date(value, locale=self.locale)

    def time(self, value: datetime) -> str:
        """The time of an instant by the clock of this time zone, to the minute."""
        return format_datetime(value, _TIME, self.zone, self.locale)

    def money(self, value: Money) -> str:
        """An amount as people write it in this locale."""
        return money_text(value, self.locale)

    def weight(self, grams: int) -> str:
        """A weight in kilograms: 1250 is `1.25 kg`."""
        return weight_text(grams, self.locale)

    @property
    def _is_english(self) -> bool:
        return self.locale.language == "en"


class OperatorsLanguage(Language):
    """Sentences in a language, around English words: those are what commands take and list, and
    what Prefect's forms offer.
    """

    def word(self, text: str) -> str:
        """The word as it is to be typed in, or chosen."""
        return str(text)


@lru_cache
def language_of(locale: str, time_zone: str) -> Language:
    """The wording for a reader, made once for each process."""
    return Language(locale, ZoneInfo(time_zone))


def operators_language() -> Wording:
    """The language of whoever runs Packline; English, where the settings cannot say which."""
    try:
        return _operators_language(settings().locale, settings().time_zone)
    except BadSetting:
        return ENGLISH


def sentence(problem: Message | PacklineError, language: Wording | None = None) -> str:
    """What an error or another message says, by default in the operator's language."""
    message = problem.says if isinstance(problem, PacklineError) else problem
    return (language or operators_language()).sentence(message)


@lru_cache
def _operators_language(locale: str, time_zone: str) -> OperatorsLanguage:
    return OperatorsLanguage(locale, ZoneInfo(time_zone))


def _asks_for_no_more(translated: str, text: Text) -> bool:
    """Whether a translator has left the names in braces as they were."""
    try:
        return names_in(translated) <= names_in(text)
    except ValueError:  # a brace without its other half
        return False
