"""From messages to sentences, in the reader's language.

The catalogue is gettext's: `locale/de/LC_MESSAGES/packline.mo`, with English templates for its ids.
What is not in it is said in English, and so is everything where there is none.
"""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from adapters.language.amounts import money_text
from adapters.settings import BadSetting, settings
from domain.errors import PacklineError
from domain.messages import ENGLISH, Message, Money, Plural, Text, Wording, names_in

CATALOGUES = Path(__file__).with_name("locale")
DOMAIN = "packline"
_INSTANT = "dd MMM HH:mm"


class Language(Wording):
    """The wording for people who read in a locale, and whose clocks show a time zone."""

    def __init__(self, locale: str, zone: ZoneInfo, catalogues: Path = CATALOGUES) -> None:
        self.locale = Locale.parse(locale)
        self.zone = zone
        self._catalogue: NullTranslations = Translations.load(
            str(catalogues), [str(self.locale), self.locale.language], DOMAIN
        )

    def template(self, message: Message) -> str:
        """The template in this language; in English where it has none that fits."""
        found = self._translated(message)
        return found if _asks_for_no_more(found, message.text) else super().template(message)

    def _translated(self, message: Message) -> str:
        match message.text:
            case Plural(one, other, number):
                count = message.values.get(number)
                return self._catalogue.ngettext(one, other, count if isinstance(count, int) else 2)
            case "":
                return ""  # gettext keeps its notes about the catalogue there
            case text:
                return self._catalogue.gettext(text)

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
        return format_datetime(value, _INSTANT, tzinfo=self.zone, locale=self.locale)

    def day(self, value: date) -> str:
        """A date; in English year first, as the command line takes it."""
        return super().day(value) if self._is_english else format_date(value, locale=self.locale)

    def money(self, value: Money) -> str:
        """An amount as people write it in this locale."""
        return money_text(value, self.locale)

    @property
    def _is_english(self) -> bool:
        return self.locale.language == "en"


def operators_language() -> Wording:
    """The language of whoever runs Packline; English, where the settings cannot say which."""
    try:
        return _language(settings().locale, settings().time_zone)
    except BadSetting:
        return ENGLISH


def sentence(problem: Message | PacklineError, language: Wording | None = None) -> str:
    """What an error or another message says, by default in the operator's language."""
    message = problem.says if isinstance(problem, PacklineError) else problem
    return (language or operators_language()).sentence(message)


def _asks_for_no_more(translated: str, text: Text) -> bool:
    """Whether a translator has left the names in braces as they were."""
    try:
        return names_in(translated) <= names_in(text)
    except ValueError:  # a brace without its other half
        return False


@lru_cache
def _language(locale: str, zone: str) -> Language:
    return Language(locale, ZoneInfo(zone))
