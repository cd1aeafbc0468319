"""Currencies that a shop accepts, and what they are worth to each other."""

from decimal import Decimal

from tillroll.domain.documents import Document, Localized


class CurrencyDocument(Document, frozen=True):
    """A currency that the shop accepts."""

    code: str
    name: Localized = ""


class ExchangeRate(Document, frozen=True):
    """How much of the target currency one unit of the source currency is, as the merchant says."""

    source_currency: str
    target_currency: str
    rate: Decimal
