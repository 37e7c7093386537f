"""Amounts and weights as people write them."""

import re
from copy import copy
from decimal import Decimal

from babel import Locale
from babel.numbers import format_decimal

from domain.messages import Money

# CLDR wants a space between a currency's letters and the digits; Babel leaves it out.
_LETTERS_BESIDE_DIGITS = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def money_text(value: Money, locale: Locale) -> str:
    """An amount as the locale writes it, with the decimals that it has.

    Babel alone would follow CLDR, which leaves out the minor units of currencies such as RSD.
    """
    exponent = value.amount.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    # A copy, since Babel gives everybody the same pattern object.
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    written = pattern.apply(value.amount, locale, currency=value.currency, currency_digits=False)
    return _LETTERS_BESIDE_DIGITS.sub("\N{NO-BREAK SPACE}", written)


def weight_text(grams: int, locale: Locale) -> str:
    """A weight in kilograms, without trailing zeros: 1250 is `1.25 kg`."""
    return f"{format_decimal(Decimal(grams).scaleb(-3), locale=locale)}\N{NO-BREAK SPACE}kg"
