"""Generated requests, made from Emporix's own description of its checkout: every answer is one that it documents.

`emporix_checkout.json` is the OpenAPI document of the page "Triggering a checkout" in Emporix's API references, as it
was printed there.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.bodies import changed
from tests.fuzz.ground import Ground, cases, check, examples, grounded, operations_of, token_of
from tests.harness import Server, new_shop
from tests.shop import Guest

DOCUMENT = json.loads((Path(__file__).parent / "emporix_checkout.json").read_text("utf-8"))
PATH = "/checkout/{tenant}/checkouts/order"


@pytest.fixture(scope="module")
def ground(shared_server: Server) -> Iterator[Ground]:
    """A shop to check out in."""
    with new_shop(shared_server) as shop:
        yield grounded(shop)


def test_every_answer_is_one_that_the_vendor_documents(ground: Ground, shared_server: Server) -> None:
    (operation,) = operations_of(DOCUMENT, lambda path: path == PATH)
    statuses: set[int] = set()

    @examples(few=12, many=2000)
    @given(data=st.data())
    def attempt(data: st.DataObject) -> None:
        case = data.draw(cases(operation))
        guest = ground.shop.guest()
        case.path_parameters = {"tenant": ground.shop.name}
        how = data.draw(st.sampled_from(["changed", "changed", "generated", "mixed"]))
        order = numbers(ground.shop.order_request(cart_of(ground, guest)))
        if how == "changed":
            case.body, case.media_type = changed(data, order), "application/json"
        elif how == "mixed" and isinstance(case.body, dict):
            case.body = case.body | {name: order[name] for name in data.draw(st.sets(st.sampled_from(sorted(order))))}
        headers = {"Authorization": f"Bearer {token_of(guest)}"}
        statuses.add(check(case, ground, headers).status_code)
        if how == "changed":
            statuses.add(check(case, ground, headers).status_code)
        statuses.add(check(case, ground, {}).status_code)
        statuses.add(check(case, ground, {"Authorization": f"Bearer {ground.tokens['backOffice'][0]}"}).status_code)

    attempt()
    shared_server.check_log()
    assert statuses == {200, 400, 401, 403, 409}


def cart_of(ground: Ground, guest: Guest) -> str:
    """A cart that may be bought."""
    return ground.shop.cart(guest, ["mug", ("tea", 2)])


def numbers(order: dict[str, Any]) -> dict[str, Any]:
    """The request with binary numbers, which is what generated ones have."""
    shipping = order["shipping"]
    return order | {"shipping": shipping | {"amount": float(shipping["amount"])}}
