"""Crowds that buy and decline the same products at once: nobody waits in a ring for anybody."""

from functools import partial

from tests.dialects.emporix.orders.test_orders import move
from tests.faults.crowd import at_once, audit_passes, statuses
from tests.harness import new_shop, running_servers
from tests.shop import Guest, Shop, send, succeeded
from tests.store.ground import look

PRODUCTS = [f"p{number:02}" for number in range(10)]
EACH = 20


def test_a_crowd_that_declines_and_buys_the_same_products_does_not_deadlock(postgres_url: str) -> None:
    with running_servers(postgres_url, 2) as servers, new_shop(servers) as shop:
        _set_up(shop)
        doors = [shop, shop.at(servers[1].url)]
        coupon = shop.coupon()
        placed, carts = [], []
        for number in range(2 * EACH):
            door = doors[number % 2]
            # Neighbours from the end to the start: an order that is declined after another one holds earlier products.
            first = 2 * EACH - number
            basket = [PRODUCTS[(first + step) % len(PRODUCTS)] for step in range(3)]
            guest, cart_id = _filled(door, basket, coupon if number % 5 == 0 else "")
            if number % 4 < 2:
                placed.append((door, succeeded(shop.checkout(guest, shop.order_request(cart_id)), 200)["orderId"]))
            else:
                carts.append((door, guest, door.order_request(cart_id)))
        orders = f"/order-v2/{shop.name}/salesorders"
        declines = [partial(move, door.service, f"{orders}/{id}", "DECLINED") for door, id in placed]
        checkouts = [partial(door.checkout, guest, body) for door, guest, body in carts]
        answers = at_once([one for pair in zip(declines, checkouts, strict=True) for one in pair])
        assert statuses(answers) == {204: EACH, 200: EACH}
        assert sum(shop.on_hand(product) for product in PRODUCTS) == 1000 * len(PRODUCTS) - 3 * EACH
    audit_passes(postgres_url)
    # Counted when a connection ends, and all have ended.
    assert look(postgres_url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]


def _set_up(shop: Shop) -> None:
    shop.standard()
    model = shop.price_model()
    for product in PRODUCTS:
        shop.price(shop.product(product), "5.00", model=model)
        shop.stock(product, 1000)


def _filled(shop: Shop, basket: list[str], coupon: str) -> tuple[Guest, str]:
    guest = shop.guest()
    cart_id = shop.cart(guest)
    items = [shop.item(product) for product in basket]
    path = f"/cart/{shop.name}/carts/{cart_id}"
    assert send(guest, "POST", f"{path}/itemsBatch", items).status_code == 200
    if coupon:
        succeeded(send(guest, "POST", f"{path}/discounts", {"code": coupon}), 201)
    return guest, cart_id
