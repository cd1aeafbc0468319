"""The calls that the published SDK makes, in its order, as recorded exchanges (docs/wire/emporix.md, 20)."""

from pathlib import Path

import pytest

from tests.exchanges import replay
from tests.shop import Shop

RECORDED = sorted((Path(__file__).parent / "exchanges").glob("*.http"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_recorded_calls_are_answered_byte_for_byte(shop: Shop, path: Path) -> None:
    shop.standard()
    shop.stock("mug", 10)
    shop.coupon("SAVE10", percent=10)
    shop.payment_mode("invoice", code="by-invoice")
    client = shop.credentials["emporix"]["storefront_client_id"]
    replay(path, shop.url, {"shop": shop.name, "client": client, "price": shop.prices["mug"][0]})
