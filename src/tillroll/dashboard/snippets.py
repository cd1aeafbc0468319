"""What to do where nothing is there yet: the exact words to paste, with this shop's own name and address in them."""

from msgspec import Struct

from tillroll.dashboard.office import Staff
from tillroll.dialects.guards import origin_of
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.store.sales import rows

DEFAULT_ORIGIN = "http://127.0.0.1:8080"


class Steps(Struct, frozen=True):
    """What an empty page says: what is missing, what to do, and what to paste for it."""

    title: str
    said: str
    snippet: str
    nearest: str = ""


def first_steps(staff: Staff) -> Steps:
    """What is to be done next: nothing has ever come, something came and is refused, or it was in other days."""
    tx, shop = staff.tx, staff.shop
    origin = origin_of(staff.visit.inbound) or DEFAULT_ORIGIN
    newest = ledger.events(tx, shop, EventFilter(limit=1, down=True))
    latest = rows.page(tx, rows.SalePage(shop=shop, limit=1, state="counted"))
    if latest:
        said = f"The latest sale is of {staff.words.moment(latest[0].placed_at)}. Choose days that hold it."
        return Steps("Nothing was sold in these days", said, "", f"{staff.base}?period=90")
    if newest:
        said = (
            "Events arrive, but none of them is a purchase that counts yet. Look at Live for what is refused and why; "
            "or tell of an order yourself:"
        )
        return Steps("No sale yet", said, _order(origin))
    said = "Nothing has ever told this shop of anything. Tell of a first order, with a key of the shop:"
    return Steps("Nothing has arrived yet", said, f"tillroll key create {shop} --for native\n\n{_order(origin)}")


def first_cart(staff: Staff, *, is_known: bool) -> Steps:
    """What is to be done where no cart was told of in these days, or ever."""
    origin = origin_of(staff.visit.inbound) or DEFAULT_ORIGIN
    said = (
        "Carts come from the storefront's pages, and from the search's own script. With this on each page a shop tells "
        "of its carts, of what led to a visit and of what was seen in it, as soon as the visitor consents:"
    )
    title = "No cart was told of in these days" if is_known else "No cart has been told of yet"
    return Steps(title, said, _script(origin, staff.shop))


def _script(origin: str, shop: str) -> str:
    return (
        f'<script src="{origin}/sdk/tillroll.js" data-company-key="{shop}"></script>\n'
        "<script>\n"
        "  tillroll.consent(true);  // when the visitor has agreed\n"
        '  tillroll.cart({ type: "ITEM_ADDED", productId: "mug", productName: "Mug", value: 12.5, currency: "EUR", '
        "quantity: 1 });\n"
        "</script>"
    )


def _order(origin: str) -> str:
    return (
        f"curl -X POST {origin}/v1/events -H 'authorization: Bearer KEY' -H 'content-type: application/json' \\\n"
        '  -d \'{"events": [{"id": "first", "kind": "checkout", "order_id": "1001", "total": 49.90,\n'
        '       "currency": "EUR", "lines": [{"product_id": "mug", "quantity": 1, "total": 49.90}]}]}\''
    )
