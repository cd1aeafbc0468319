"""The sequence of a quote, from the login to the order, as it was recorded: request bytes, answer bytes."""

from pathlib import Path

from tests.exchanges import replay
from tests.quotes import buyer
from tests.shop import PASSWORD, Shop

RECORDED = Path(__file__).parents[1] / "exchanges" / "quotes" / "quote.http"


def test_a_quote_is_asked_for_offered_and_bought_as_recorded(shop: Shop) -> None:
    shop.standard()
    customer = buyer(shop)
    known = {
        "shop": shop.name,
        "guest_token": shop.guest().headers["authorization"].removeprefix("Bearer "),
        "service_token": shop.service.headers["authorization"].removeprefix("Bearer "),
        "email": customer.email,
        "password": PASSWORD,
        "customer": customer.customer_id,
        "price": shop.prices["mug"][0],
    }
    replay(RECORDED, shop.url, known)
