"""What the script tells of a visit, in a real browser: what led to it, what was seen, and who it is elsewhere."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.dialects.alhena.storefront import OURS, Visitor, pages
from tests.dialects.alhena.test_sdk import all_sent, visitor_of
from tests.shop import Shop

Storefront = Callable[..., Page]
HASHID = "0123456789abcdef0123456789abcdef"
TAGS = "?utm_source=mail&utm_medium=email&UTM_Campaign=spring&gclid=abc&fbclid=def&email=ada@example.com#top"


def views(visitor: Visitor) -> list[dict[str, Any]]:
    """The first pages of the visitor's visits, as the ledger has them."""
    found = [event["document"] for event in visitor.events(kind="page_viewed")]
    return [{name: one[name] for name in ("page", "referrer", "campaign", "click_id") if name in one} for one in found]


def test_nothing_of_a_visit_is_told_before_consent(shop: Shop, open_storefront: Storefront) -> None:
    page = open_storefront()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if request.method == "POST" else None)
    page.evaluate(
        f"localStorage.setItem('{HASHID}.session', 's-1');"
        "tillroll.view('mug'); tillroll.nudge('n', 'shown'); tillroll.experiment('chat', 'test');"
        "tillroll.identify([{dialect: 'native', id: 'v'}]); tillroll.conversation.answer('Yes', {helpful: true})"
    )
    page.wait_for_timeout(200)
    assert requests == []
    assert page.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage)") == [f"{HASHID}.session"]
    page.evaluate("tillroll.consent(true)")
    all_sent(page)
    kinds = sorted(event["kind"] for event in visitor_of(shop, page).events())
    assert kinds == [
        "answer_rated",
        "conversation_opened",
        "experiment_assigned",
        "identities_linked",
        "identities_linked",
        "nudge_shown",
        "page_viewed",
        "product_viewed",
    ]


def test_the_first_page_of_a_visit_tells_what_led_to_it_and_the_next_ones_nothing(
    shop: Shop, open_storefront: Storefront
) -> None:
    page = open_storefront()
    address = page.url.rstrip("/")
    page.goto(f"{address}/mugs{TAGS}", referer="https://search.example/results?q=secret")
    page.evaluate("tillroll.consent(true)")
    all_sent(page)
    visitor = visitor_of(shop, page)
    led = {
        "page": f"{address}/mugs",
        "referrer": "https://search.example/results",
        "campaign": {"source": "mail", "medium": "email", "name": "spring"},
        "click_id": {"name": "gclid", "value": "abc"},
    }
    assert views(visitor) == [led]
    page.get_by_text("Next").click()
    page.wait_for_url("**/next")
    page.goto(f"{address}/mugs{TAGS}", referer="https://search.example/results")  # the same page again is no new visit
    page.evaluate("tillroll.view('mug')")
    all_sent(page)
    assert views(visitor) == [led]
    page.goto(f"{address}/tea?utm_source=other")
    all_sent(page)
    assert views(visitor)[1:] == [{"page": f"{address}/tea", "campaign": {"source": "other"}}]
    page.add_init_script(
        "var kept = JSON.parse(localStorage.getItem('tillroll'));"
        "kept.visit.at -= 1900000; localStorage.setItem('tillroll', JSON.stringify(kept))"
    )
    page.goto(f"{address}/late")
    all_sent(page)
    assert views(visitor)[2:] == [{"page": f"{address}/late"}]
    assert "ada@example.com" not in str(visitor.events())


def test_a_visitor_who_withdraws_and_consents_again_is_another_one(shop: Shop, open_storefront: Storefront) -> None:
    page = open_storefront()
    page.evaluate("tillroll.consent(true)")
    all_sent(page)
    first = visitor_of(shop, page)
    page.evaluate("tillroll.consent(false); tillroll.consent(true)")
    all_sent(page)
    second = visitor_of(shop, page)
    assert first.name != second.name
    assert (len(views(first)), len(views(second))) == (1, 1)


def test_what_a_page_says_of_its_visitor_is_told(shop: Shop, open_storefront: Storefront) -> None:
    page = open_storefront()
    page.evaluate("tillroll.consent(true)")
    page.evaluate(
        "tillroll.view('mug');"
        "tillroll.nudge('n-1', 'shown', {text: 'Help?', productId: 'mug', profile: 'sales'});"
        "tillroll.nudge('n-1', 'clicked');"
        "tillroll.conversation.message('Is it?', {profile: 'sales'});"
        "tillroll.conversation.answer('It is', {helpful: true});"
        "tillroll.conversation.answer('Anything else?');"
        "tillroll.faq('How long?', {productId: 'mug', profile: 'faq', helpful: true});"
        "tillroll.experiment('chat', 'control')"
    )
    all_sent(page)
    visitor = visitor_of(shop, page)
    talk = page.evaluate("tillroll.conversation.id()")
    told = [(event["kind"], event["subject"], event["detail"]) for event in visitor.events()]
    assert told[1:] == [
        ("product_viewed", "mug", None),
        ("nudge_shown", "n-1", "Help?"),
        ("nudge_clicked", "n-1", None),
        ("conversation_opened", talk, None),
        ("conversation_continued", talk, None),
        ("answer_rated", talk, None),
        ("faq_question_asked", "mug", "How long?"),
        ("experiment_assigned", "chat", "control"),
    ]
    documents = {event["kind"]: event["document"] for event in visitor.events()}
    assert (documents["nudge_shown"]["profile"], documents["conversation_continued"]["profile"]) == ("sales", "sales")
    assert (documents["faq_question_asked"]["profile"], documents["faq_question_asked"]["helpful"]) == ("faq", True)
    assert documents["answer_rated"]["helpful"] is True
    assert {event["device"] for event in visitor.events()} == {"desktop"}
    assert documents["page_viewed"]["language"].startswith("en")


def test_names_and_groups_are_told_once_and_the_search_session_by_itself(
    shop: Shop, open_storefront: Storefront
) -> None:
    page = open_storefront()
    page.evaluate(f"localStorage.setItem('{HASHID}.session', JSON.stringify({{session_id: 's-1', registered: true}}))")
    page.evaluate("tillroll.consent(true)")
    for _ in range(2):
        page.evaluate(
            "tillroll.identify([{dialect: 'emporix', id: 'guest-1'}, {dialect: 'native', id: 17}, null, {}]);"
            "tillroll.experiment('chat', 'test')"
        )
        all_sent(page)
        page.reload()
    page.evaluate(f"localStorage.setItem('{HASHID}.session', 's-2'); tillroll.experiment('chat', 'control')")
    page.evaluate("tillroll.conversation.open(); tillroll.checkout({orderId: 'O', value: 1, currency: 'EUR'})")
    all_sent(page)
    visitor = visitor_of(shop, page)
    own = f"alhena:{visitor.name}"
    nodes = [event["document"]["nodes"] for event in visitor.events(kind="identities_linked")]
    assert nodes == [
        [own, "doofinder:s-1"],
        [own, "emporix:session:guest-1", "native:17"],
        [own, "doofinder:s-2"],
    ]
    groups = [event["detail"] for event in visitor.events(kind="experiment_assigned")]
    assert groups == ["test", "control"]


def test_the_vendors_snippet_tells_of_nudges_that_it_shows(shop: Shop, open_storefront: Storefront) -> None:
    page = open_storefront(is_vendors=True)
    page.evaluate("gleenWidget.showNudge({id: 'n-1', text: 'Help?'}); gleenWidget.showNudge('n-2')")
    page.evaluate("gleenWidget.showNudge()")
    all_sent(page)
    shown = visitor_of(shop, page).events(kind="nudge_shown")
    assert [(event["subject"], event["detail"]) for event in shown] == [("n-1", "Help?"), ("n-2", None)]


def test_the_experiments_of_the_vendors_own_widget_are_told(shop: Shop, open_storefront: Storefront) -> None:
    theirs = """<script>
      var heard = {};
      window.gleenWidget = {
        getFingerprint: function () { return "fp-1"; },
        getFAQFingerprint: function () { return "fp-2"; },
        on: function (name, listener) { heard[name] = listener; }
      };
    </script>"""
    head = theirs + OURS.format(url=shop.url, company=shop.name)
    with pages(head) as address:
        page = open_storefront()
        page.goto(address)
        page.evaluate("tillroll.consent(true); heard['experiment:loaded']('control')")
        all_sent(page)
    visitor = Visitor(shop)
    visitor.fingerprint, visitor.faq = "fp-1", "fp-2"
    (event,) = visitor.events(kind="experiment_assigned")
    assert (event["subject"], event["detail"]) == ("widget", "control")
