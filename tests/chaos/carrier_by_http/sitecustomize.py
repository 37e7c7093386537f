"""Puts a carrier of the tests' own in the house carrier's place, in each process that finds this.

It asks over HTTP and has no time-out of its own: Packline has.
"""

import os

import httpx

from adapters.carriers.base import HOUSE
from adapters.carriers.house import HouseCarrier
from adapters.carriers.registry import CARRIERS


class CarrierByHttp(HouseCarrier):
    """Sells what the house does, once its server has answered."""

    def buy_label(self, request):
        _ask()
        return super().buy_label(request)

    def book_pickup(self, key, parcels, weight_grams):
        _ask()
        return super().book_pickup(key, parcels, weight_grams)


def _ask():
    httpx.post(os.environ["TESTS_CARRIER"], timeout=None).raise_for_status()


CARRIERS[HOUSE] = CarrierByHttp()
