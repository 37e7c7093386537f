import copy
import pickle
from datetime import datetime

import pytest

from domain.errors import PacklineError
from domain.money import AmountTooLarge, NotAnAmount, TooManyDecimals, UnknownCurrency
from domain.shop_days import NaiveInstant
from domain.tax import NoTaxRate
from domain.tracking import SerialExhausted
from domain.zones import NoShippingRate, NoShippingZone, Tariff

EVERY_ERROR = [
    UnknownCurrency(currency="XAU"),
    NotAnAmount(amount="1,50"),
    TooManyDecimals(amount="1.999", currency="USD", allowed=2),
    AmountTooLarge(amount="10000000000000.01", currency="USD"),
    NoTaxRate(country="US", region="CA", postal_code="90210", tax_class="standard"),
    NoShippingZone(country="FR", postal_code="75001"),
    NoShippingRate(grams=31_000, heaviest_grams=30_000),
    NoShippingRate(grams=100, heaviest_grams=0, tariff=Tariff("express", "EU1", "EUR")),
    SerialExhausted(serial=100_000_000, service="CP", country="GB"),
    NaiveInstant(instant=datetime.fromisoformat("2026-11-23T00:30:00")),
]
every_error = pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)


@every_error
def test_an_error_is_one_sentence_that_says_what_to_do(error):
    sentence = str(error)
    assert isinstance(error, PacklineError)
    assert sentence.endswith(".")
    assert ". " not in sentence
    assert ": " in sentence or "import" in sentence


@every_error
@pytest.mark.parametrize("carry", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_keeps_its_data_and_sentence_between_processes(error, carry):
    carried = carry(error)
    assert type(carried) is type(error)
    assert vars(carried) == vars(error)
    assert str(carried) == str(error)
