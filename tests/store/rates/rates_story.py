"""The part of the store's story that is about rates of exchange: see `test_queries.py`."""

from typing import Any

from tests.store.ground import SHOP

Step = tuple[str, dict[str, Any], int | list[tuple[Any, ...]]]

OF_SHOP = {"shop": SHOP}
RATE = {**OF_SHOP, "into": "EUR", "day": 20_000, "currency": "PLN", "since": 1, "rate": "0.2", "source": "ECB"}
KEY = {**OF_SHOP, "into": "EUR", "day": 20_000, "currency": "PLN"}
INTO = {**OF_SHOP, "into": "EUR", "first": 20_000, "last": 20_001, "position": 2}
PAGE = {**OF_SHOP, "first": 0, "last": 30_000, "day": 30_001, "after_currency": "", "after_into": ""}
PAGE |= {"currency": "", "into": "", "limit": 10}
DOLLARS = ("USD", "EUR", 20_001, "0.9", "")
ZLOTY = ("PLN", "EUR", 20_000, "0.3", "ECB")
OLD_ZLOTY = ("PLN", 20_000, "0.25", "ECB")

RATES: list[Step] = [
    ("store_exchange_rate", RATE, 1),
    ("store_exchange_rate", {**RATE, "rate": "0.25"}, 1),
    ("exchange_rates_into", {**INTO, "position": 1}, [OLD_ZLOTY]),
    ("store_exchange_rate", {**RATE, "since": 2, "rate": "0.3"}, 1),
    ("store_exchange_rate", {**RATE, "day": 20_001, "currency": "USD", "rate": "0.9", "source": "", "since": 3}, 1),
    ("store_exchange_rate", {**RATE, "day": 19_999}, 1),
    ("store_exchange_rate", {**RATE, "day": 19_999, "since": 2, "rate": ""}, 1),
    ("exchange_rates_into", INTO, [OLD_ZLOTY, ("PLN", 20_000, "0.3", "ECB")]),
    ("exchange_rates_into", {**INTO, "first": 20_001, "position": 3}, [("USD", 20_001, "0.9", "")]),
    ("exchange_rates_into", {**INTO, "into": "PLN"}, []),
    ("exchange_rate", KEY, [("0.3", "ECB")]),
    ("exchange_rate", {**KEY, "day": 19_999}, [("", "ECB")]),
    ("exchange_rate", {**KEY, "day": 19_998}, []),
    ("exchange_rates_page", PAGE, [DOLLARS, ZLOTY]),
    ("exchange_rates_page", {**PAGE, "limit": 1}, [DOLLARS]),
    ("exchange_rates_page", {**PAGE, "day": 20_001, "after_currency": "USD", "after_into": "EUR"}, [ZLOTY]),
    ("exchange_rates_page", {**PAGE, "day": 20_000, "after_currency": "PLN", "after_into": "EUR"}, []),
    ("exchange_rates_page", {**PAGE, "currency": "USD"}, [DOLLARS]),
    ("exchange_rates_page", {**PAGE, "into": "PLN"}, []),
    ("exchange_rates_page", {**PAGE, "last": 20_000}, [ZLOTY]),
    ("exchange_rates_page", {**PAGE, "first": 20_001}, [DOLLARS]),
]
