"""Recorded exchanges of the Alhena dialect: every answer, byte for byte, on both databases."""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.dialects.alhena.storefront import milliseconds_ago
from tests.exchanges import exchanges, replay
from tests.shop import Shop
from tillroll.dialects.alhena.errors import CODES, STATUSES

RECORDED = sorted((Path(__file__).parent / "exchanges").glob("*.http"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_exchange_is_as_recorded(shop: Shop, path: Path) -> None:
    known = {
        "company": shop.name,
        "fingerprint": str(uuid4()),
        "faq": str(uuid4()),
        "earlier": str(milliseconds_ago(60)),
    }
    replay(path, shop.url, known)


@pytest.mark.parametrize("code", STATUSES)
def test_every_documented_code_is_recorded(code: str) -> None:
    answers = b"".join(exchange.answer for path in RECORDED for exchange in exchanges(path))
    assert b'"error_code":"%s"' % code.encode() in answers


def test_every_refusal_has_a_documented_code() -> None:
    assert set(CODES.values()) <= set(STATUSES)
