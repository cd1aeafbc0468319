"""The script for storefronts in a real browser, on a page of another origin than the server's."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.dialects.alhena.storefront import Visitor
from tests.shop import Shop

SENT_MILLISECONDS = 20_000

MUG = "productId: 'mug', productName: 'Mug', value: 12.5, currency: 'EUR'"


def visitor_of(shop: Shop, page: Page) -> Visitor:
    """Whom the page reports of."""
    visitor = Visitor(shop)
    visitor.fingerprint = page.evaluate("gleenWidget.getFingerprint()")
    visitor.faq = page.evaluate("gleenWidget.getFAQFingerprint()")
    return visitor


def all_sent(page: Page) -> None:
    """Wait until the server has answered everything."""
    page.wait_for_function("tillroll.pending() === 0", timeout=SENT_MILLISECONDS)


def told_events(visitor: Visitor, **query: Any) -> list[dict[str, Any]]:
    """The visitor's events in the ledger, but for the first page of the visit."""
    return [event for event in visitor.events(**query) if event["kind"] != "page_viewed"]


def told(visitor: Visitor) -> list[tuple[Any, ...]]:
    """The visitor's events in the ledger, as far as a test says what they are."""
    found = []
    for event in told_events(visitor):
        document = event["document"]
        assert event["outcome"] == "accepted", event
        found.append((event["kind"], *(document[name] for name in ("type", "quantity", "orderId") if name in document)))
    return found


def test_a_visit_from_the_first_word_to_the_order(shop: Shop, open_storefront: Callable[..., Page]) -> None:
    page = open_storefront()
    page.evaluate("tillroll.consent(true)")
    page.evaluate("tillroll.conversation.message('Is it dishwasher safe?')")
    for kind, quantity in (("ITEM_ADDED", 1), ("QUANTITY_INCREASED", 3), ("ITEM_REMOVED", 0)):
        page.evaluate(f"tillroll.cart({{type: '{kind}', quantity: {quantity}, {MUG}}})")
    page.evaluate("tillroll.faq('How long is the warranty?', {productId: 'tea'})")
    line = "{productId: 'tea', productName: 'Tea', quantity: 2, value: 25, currency: 'EUR'}"
    page.evaluate(f"tillroll.checkout({{orderId: 'O-1', value: 25, currency: 'EUR', lineItems: [{line}]}})")
    page.evaluate("tillroll.conversation.close()")
    all_sent(page)
    visitor = visitor_of(shop, page)
    assert told(visitor) == [
        ("conversation_opened",),
        ("conversation_continued",),
        ("cart_event", "ITEM_ADDED", 1),
        ("cart_event", "QUANTITY_INCREASED", 3),
        ("cart_event", "ITEM_REMOVED", 0),
        ("faq_question_asked",),
        ("checkout_event", "O-1"),
        ("conversation_closed",),
    ]
    (checkout,) = visitor.events(kind="checkout_event")
    assert checkout["document"]["lineItems"][0]["value"] == 25


def test_nothing_is_stored_or_sent_before_consent_nor_after_its_withdrawal(
    shop: Shop, open_storefront: Callable[..., Page]
) -> None:
    page = open_storefront()
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.evaluate(f"tillroll.conversation.open(); tillroll.cart({{type: 'ITEM_ADDED', quantity: 1, {MUG}}})")
    visitor = visitor_of(shop, page)
    page.get_by_text("Next").click()
    assert kept_by(page) == ([], 0)
    assert posted == []
    assert visitor.events() == []
    assert page.evaluate("tillroll.pending()") == 0  # what was not stored did not survive the page
    page.evaluate("tillroll.consent(true)")
    cookies, stored = kept_by(page)
    assert (cookies, stored) == (["tillroll_visitor"], 1)
    page.evaluate("tillroll.consent(false)")
    assert kept_by(page) == ([], 0)


def kept_by(page: Page) -> tuple[list[str], int]:
    """What the browser keeps of the storefront: its cookies, and how much is in its storage."""
    return [cookie.get("name", "") for cookie in page.context.cookies()], page.evaluate("localStorage.length")


def test_reports_survive_a_page_change_while_the_server_is_away(
    shop: Shop, open_storefront: Callable[..., Page]
) -> None:
    page = open_storefront()
    page.evaluate("tillroll.consent(true); tillroll.conversation.open()")
    all_sent(page)
    visitor = visitor_of(shop, page)
    page.route("**/analytics/**", lambda route: route.fulfill(status=503, body="{}", headers=CROSS_ORIGIN))
    page.evaluate(f"tillroll.cart({{type: 'ITEM_ADDED', quantity: 1, {MUG}}})")
    assert page.evaluate("tillroll.pending()") == 1
    page.unroute_all(behavior="wait")
    page.get_by_text("Next").click()
    page.wait_for_url("**/next")
    all_sent(page)
    assert visitor_of(shop, page).name == visitor.name
    assert told(visitor) == [("conversation_opened",), ("cart_event", "ITEM_ADDED", 1)]


CROSS_ORIGIN = {"access-control-allow-origin": "*"}


def test_what_is_reported_on_leaving_arrives_once(shop: Shop, open_storefront: Callable[..., Page]) -> None:
    page = open_storefront()
    page.evaluate("tillroll.consent(true); tillroll.conversation.open()")
    all_sent(page)
    visitor = visitor_of(shop, page)
    page.evaluate(
        f"tillroll.cart({{type: 'ITEM_ADDED', quantity: 1, {MUG}}});"
        "tillroll.checkout({orderId: 'O-1', value: 12.5, currency: 'EUR'});"
        "location.href = '/next'"
    )
    page.wait_for_url("**/next")
    all_sent(page)
    accepted = [(event["kind"], event["subject"]) for event in told_events(visitor, outcome="accepted")]
    assert accepted[1:] == [("cart_event", "mug"), ("checkout_event", "O-1")]
    assert visitor.events(outcome="repeated") == []


def test_the_vendors_snippet_works_with_another_host(shop: Shop, open_storefront: Callable[..., Page]) -> None:
    page = open_storefront(is_vendors=True)
    page.evaluate("gleenWidget.on('ticket:bot_response_finished', (data) => { window.heard = data.message; })")
    page.evaluate("gleenWidget.on('widget:opened', () => { window.wasOpened = true; })")
    page.evaluate(
        "gleenWidget.open(); gleenWidget.sendMessage('Hello'); tillroll.conversation.answer('Hello yourself')"
    )
    assert page.evaluate("[window.wasOpened, window.heard]") == [True, "Hello yourself"]
    ticket = page.evaluate("gleenWidget.getTicketId()")
    page.evaluate(f"trackAlhenaEvent('sendCartEvent', {{type: 'ITEM_ADDED', quantity: 2, {MUG}}})")
    page.evaluate("gleenWidget.sendCheckoutEvent({orderId: 'O-2', value: 25, currency: 'EUR', lineItems: []})")
    page.evaluate("gleenWidget.closeTicket()")
    all_sent(page)
    assert page.evaluate("gleenWidget.getTicketId()") != ticket
    visitor = visitor_of(shop, page)
    events = [(event["kind"], event["subject"], event["outcome"]) for event in told_events(visitor)]
    assert events[0] == ("cart_event", "early", "refused")  # it was queued before the visitor had said a word
    assert events[1:] == [
        ("conversation_opened", ticket, "accepted"),
        ("conversation_continued", ticket, "accepted"),
        ("cart_event", "mug", "accepted"),
        ("checkout_event", "O-2", "accepted"),
        ("conversation_closed", ticket, "accepted"),
    ]


def test_a_call_that_makes_no_sense_costs_the_others_nothing(shop: Shop, open_storefront: Callable[..., Page]) -> None:
    page = open_storefront(is_vendors=True)
    page.evaluate("gleenWidget.sendMessage('Hello')")
    for lines in ("[null]", "{0: 1}", "'x'", "null"):
        page.evaluate(f"trackAlhenaEvent('sendCheckoutEvent', {{value: 1, currency: 'EUR', lineItems: {lines}}})")
    page.evaluate(f"trackAlhenaEvent('sendCartEvent', {{type: 'ITEM_ADDED', quantity: 2, {MUG}}})")
    all_sent(page)
    events = visitor_of(shop, page).events(outcome="accepted")
    assert ("cart_event", "mug") in [(event["kind"], event["subject"]) for event in events]


def test_what_another_tab_overwrites_is_sent_all_the_same(shop: Shop, open_storefront: Callable[..., Page]) -> None:
    page = open_storefront()
    page.evaluate("tillroll.consent(true); tillroll.conversation.open()")
    all_sent(page)
    page.evaluate(
        f"tillroll.cart({{type: 'ITEM_ADDED', quantity: 2, {MUG}}});"
        # As a tab writes that has read the storage a moment before the report was in it.
        "localStorage.setItem('tillroll', JSON.stringify({reports: [], conversation: null, sent: []}))"
    )
    all_sent(page)
    events = told_events(visitor_of(shop, page))
    assert [(event["kind"], event["outcome"]) for event in events] == [
        ("conversation_opened", "accepted"),
        ("cart_event", "accepted"),
    ]


def test_what_is_decided_in_one_tab_holds_in_all(shop: Shop, open_storefront: Callable[..., Page]) -> None:
    first = open_storefront()
    second = first.context.new_page()
    second.goto(first.url)
    first.evaluate("tillroll.consent(true); tillroll.conversation.open()")
    all_sent(first)
    second.wait_for_function("document.cookie !== '' && tillroll.getFingerprint() === document.cookie.slice(17, 53)")
    visitor = visitor_of(shop, second)
    assert visitor.name == visitor_of(shop, first).name
    first.evaluate("tillroll.consent(false)")
    second.wait_for_function(f"tillroll.getFingerprint() !== '{visitor.fingerprint}'")
    second.evaluate(f"tillroll.cart({{type: 'ITEM_ADDED', quantity: 1, {MUG}}})")
    second.get_by_text("Next").click()
    second.wait_for_url("**/next")
    assert kept_by(second) == ([], 0)
    assert told(visitor) == [("conversation_opened",)]


def test_a_report_that_is_no_json_holds_up_no_other(shop: Shop, open_storefront: Callable[..., Page]) -> None:
    page = open_storefront()
    page.evaluate("tillroll.consent(true); tillroll.conversation.open()")
    page.evaluate("tillroll.on('tillroll:refused', (refused) => { window.refused = refused.status; })")
    page.evaluate(f"tillroll.cart({{type: 'ITEM_ADDED', quantity: 1n, {MUG.replace('productId', 'id')}}})")
    assert page.evaluate("window.refused") == 0
    page.evaluate(f"tillroll.cart({{type: 'ITEM_ADDED', quantity: 1, {MUG}}})")
    all_sent(page)
    assert told(visitor_of(shop, page)) == [("conversation_opened",), ("cart_event", "ITEM_ADDED", 1)]
