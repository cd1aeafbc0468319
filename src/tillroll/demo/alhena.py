"""A visitor who talks to the shop's assistant and buys, as Alhena's script reports it; browsers need no key."""

from uuid import uuid4

from tillroll.demo.browser import SHOP, Browser, DemoServer


def buy(server: DemoServer) -> None:
    """One conversation with the purchase that it led to."""
    page = Browser(server)
    visitor = {"company_key": SHOP, "user_fingerprint": str(uuid4()), "user_faq_fingerprint": str(uuid4())}
    talk = page.call("POST", "/v1/conversations", visitor, says="a conversation begins")["conversation_id"]
    page.call("POST", f"/v1/conversations/{talk}/messages", visitor, says="'Which grinder do I need?'")
    grinder = {"product_id": "grinder", "product_name": "Hand grinder", "currency": "EUR", "quantity": 1, "value": 79.0}
    page.call("POST", "/analytics/cart_events", {**visitor, "type": "ITEM_ADDED", **grinder}, says="1 x grinder")
    order = {"orderId": f"demo-{talk}", "value": 79.0, "currency": "EUR", "line_items": [grinder]}
    page.call("POST", "/analytics/checkout_events", {**visitor, **order}, says="BOUGHT, on disk")
