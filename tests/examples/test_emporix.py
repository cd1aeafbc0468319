"""Every example of Emporix's dialect, sent to a running server as it is published."""

import httpx

from tests.examples import emporix as steps
from tests.examples.bare import BareStory
from tests.examples.story import Story, with_bodies
from tests.harness import Server
from tests.shop import NO_CERTIFICATES, Guest, Shop, number, send, succeeded


def published(server: Server, name: str) -> dict[str, object]:
    """The description of a dialect."""
    return succeeded(httpx.get(f"{server.url}/openapi/{name}.json", trust_env=False, verify=NO_CERTIFICATES), 200)


# What wants one of several things, which no list of required fields can say; the texts of the fields do.
ONE_OF_SEVERAL = {
    "POST /schema/{tenant}/schemas",
    "POST /price/{tenant}/prices/search",
    "POST /shipping/{tenant}/delivery-times",
    "POST /coupon/{tenant}/coupons",
    "POST /coupon/{tenant}/referral-coupons/{customerNumber}",
    "POST /order-v2/{tenant}/salesorders",
    "POST /order-v2/{tenant}/salesorders/{id}/entries",
}
# What can not be done again beside what the example has made.
ONCE = {
    "POST /product/{tenant}/products",
    "POST /shipping/{tenant}/delivery-times/{id}/slots",
    "POST /order-v2/{tenant}/salesorders/{id}/split",
}


def test_every_example_is_accepted_as_it_is_published(shop: Shop, shared_server: Server) -> None:
    document = published(shared_server, "emporix")
    story = Story(document, names_of(shop))
    play(shop, story)
    assert sorted(with_bodies(document) - story.sent) == []


def test_what_is_required_is_said_to_be(shop: Shop, shared_server: Server) -> None:
    story = BareStory(published(shared_server, "emporix"), names_of(shop))
    play(shop, story)
    lacking = {name: text for name, text in story.refused.items() if name not in ONE_OF_SEVERAL | ONCE}
    assert lacking == {}
    assert set(story.refused) == ONE_OF_SEVERAL | ONCE


def names_of(shop: Shop) -> dict[str, str]:
    """What the shop's own credentials stand for in examples."""
    keys = shop.credentials["emporix"]
    return {"SHOP": shop.name, "CLIENT_ID": keys["client_id"], "CLIENT_SECRET": keys["client_secret"]}


def play(shop: Shop, story: Story) -> None:
    """Send every example, in the order in which a shop comes to need them."""
    clients: dict[str, httpx.Client] = {"service": shop.service, "anybody": shop.client()}
    story.play(steps.SITE, clients)
    clients["guest"] = shop.guest(siteCode="main", currency="EUR", targetLocation="DE")
    story.play(steps.CUSTOMERS, clients)
    clients["customer"] = customer(shop)
    story.play(steps.ACCOUNTS, clients)
    story.play(steps.GOODS, clients)
    succeeded(send(shop.service, "POST", f"/currency/{shop.name}/currencies", {"code": "EUR", "name": "Euro"}), 201)
    story.play(steps.PRICES, clients)
    story.play(steps.DELIVERY, clients)
    clients["customer"] = customer(shop)
    story.play(steps.COUPONS, clients)
    buy(shop, story, clients)
    correct(shop, story, clients)
    reset_passwords(story, clients)
    offer(shop, story)
    pay_later(shop, story)
    pay_by_card(shop, story)
    look_after_a_session(shop, story)


def customer(shop: Shop) -> Guest:
    """The customer of the examples, logged in."""
    return shop.login("ada@example.com", password="correct horse battery staple")


def buy(shop: Shop, story: Story, clients: dict[str, httpx.Client]) -> None:
    """A guest fills a cart, takes a delivery window and buys."""
    story.play(steps.CARTS, clients)
    path = f"/shipping/{shop.name}/actualDeliveryWindows/{story.known['CART_ID']}"
    windows = clients["guest"].get(path, params={"postalCode": "10115"}).json()
    story.known["DELIVERY_DATE"] = next(one["deliveryDate"] for one in windows if one["slotId"] == "early")
    story.play(steps.WINDOWS, clients)
    other = shop.cart(clients["guest"], type="wishlist", siteCode="main")
    story.known["OTHER_CART_ID"] = other
    cart = "/cart/{tenant}/carts/{cartId}"
    for name in ("merge", "changeSite", "changeCurrency"):
        story.send(f"POST {cart}/{name}", clients["guest"])
    story.play(steps.CART, clients)


def correct(shop: Shop, story: Story, clients: dict[str, httpx.Client]) -> None:
    """The back office corrects the order, splits another one, and writes one down."""
    order = succeeded(shop.service.get(f"/order-v2/{shop.name}/salesorders/{story.known['ORDER_ID']}"), 200)
    story.known["ENTRY_ID"] = next(one["id"] for one in order["entries"] if one["product"]["id"] == "mug")
    story.play(steps.ORDERS, clients)
    whole = "POST /order-v2/{tenant}/salesorders/{id}/split"
    story.send(whole, shop.service, id=of_two_vendors(shop, clients["guest"]))


def of_two_vendors(shop: Shop, guest: httpx.Client) -> str:
    """An order with goods of two vendors."""
    model = shop.price_model()
    for id in ("bowl", "plate"):
        shop.price(shop.product(id, vendor={"id": id}), "10.00", model=model)
    return bought(shop, guest, ["bowl", "plate"])


def bought(shop: Shop, guest: httpx.Client, lines: list[str], **fields: object) -> str:
    """The number of an order of these products."""
    shop.methods["parcel"] = ("germany", number("4.90"), "Parcel")
    request = shop.order_request(shop.cart(guest, lines), "parcel", **fields)
    order: str = succeeded(shop.checkout(guest, request), 200)["orderId"]
    return order


def reset_passwords(story: Story, clients: dict[str, httpx.Client]) -> None:
    """Two passwords are forgotten."""
    for last in ("update", "confirm"):
        story.send("POST /customer/{tenant}/password/reset", clients["service"], keeps={"RESET_TOKEN": "token"})
        story.send(f"POST /customer/{{tenant}}/password/reset/{last}", clients["guest"])


def offer(shop: Shop, story: Story) -> None:
    """A customer asks for a quote, the merchant opens it, and it is bought."""
    client = customer(shop)
    story.known["CART_ID"] = shop.cart(client, ["bowl", "plate"])
    story.play(steps.QUOTES, {"customer": client, "service": shop.service})


def pay_later(shop: Shop, story: Story) -> None:
    """An order whose payment was put off is paid."""
    guest = shop.guest(siteCode="main", currency="EUR", targetLocation="DE")
    later = [{"provider": "payment-gateway", "customAttributes": {"deferred": True}}]
    story.known["ORDER_ID"] = bought(shop, guest, ["bowl"], paymentMethods=later)
    for name in ("initialize", "authorize"):
        story.send(f"POST /payment-gateway/{{tenant}}/payment/frontend/{name}", guest)
    story.send("POST /payment-gateway/{tenant}/payment/authorize", shop.service)


def pay_by_card(shop: Shop, story: Story) -> None:
    """An order is paid by card, and a part of it is given back."""
    by_hand = {"Simulator/Capture": "manual"}
    mode = shop.payment_mode("card", code="card", provider="SIMULATOR", configuration=by_hand)
    guest = shop.guest(siteCode="main", currency="EUR", targetLocation="DE")
    card = {"provider": "payment-gateway", "customAttributes": {"modeId": mode, "token": "pm_card_visa"}}
    order = bought(shop, guest, ["bowl", "plate"], paymentMethods=[card])
    (payment,) = succeeded(shop.service.get(f"/order-v2/{shop.name}/salesorders/{order}"), 200)["payments"]
    for name in ("capture", "refund"):
        path = f"POST /payment-gateway/{{tenant}}/payment/{{transactionId}}/{name}"
        story.send(path, shop.service, transactionId=payment["transactionId"])


def look_after_a_session(shop: Shop, story: Story) -> None:
    """A guest, and then the back office, change what a session shops with."""
    guest = shop.guest()
    for method, last in (("PATCH", ""), ("POST", "/attributes")):
        story.send(f"{method} /session-context/{{tenant}}/me/context{last}", guest)
    session = shop.guest().session_id
    for method, last in (("PATCH", ""), ("POST", "/attributes")):
        operation = f"{method} /session-context/{{tenant}}/context/{{sessionId}}{last}"
        story.send(operation, shop.service, sessionId=session)
