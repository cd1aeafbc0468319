"""Following the ledger on both databases: one purchase is one sale, whoever tells of it and in whatever order."""

from collections.abc import Iterator
from decimal import Decimal
from hashlib import md5
from itertools import permutations
from typing import Any

import pytest

from tests.engine.sales.telling import CUSTOMER, FINGERPRINTS, HOUR, MINUTE, SESSION, Telling
from tests.store.ground import lay_ground, look, opened
from tillroll.domain.events.events import REFUSED, REPEATED
from tillroll.domain.storefronts.storefront import ReportRefusal
from tillroll.engine.sales.own import OF_THE_SHOP, OF_VISITORS
from tillroll.store import Store

ALL_FOUR = ("order", "storefront", "item", "session")
EVERYTHING = (
    "SELECT id, since, document, entries FROM sale ORDER BY id",
    "SELECT id, since, until, document, entries FROM sale_version ORDER BY id, since",
    "SELECT position, sale, document FROM sale_report ORDER BY position",
    "SELECT id, document FROM identity_link ORDER BY id",
    "SELECT calendar, currency, model, day, source, orders, credited_minor, direct_minor, assisted_minor, "
    "refunded_minor FROM revenue WHERE orders <> 0 OR credited_minor <> 0 OR assisted_minor <> 0 "
    "OR refunded_minor <> 0 ORDER BY calendar, currency, model, day, source",
)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with opened(database_url) as store:
        lay_ground(store)
        yield store


@pytest.fixture
def telling(store: Store) -> Telling:
    return Telling(store)


def everything(url: str) -> list[list[tuple[Any, ...]]]:
    return [look(url, statement) for statement in EVERYTHING]


@pytest.mark.parametrize("order", list(permutations(ALL_FOUR)), ids="-".join)
def test_four_reports_of_one_purchase_are_one_sale_in_whatever_order_they_come(
    telling: Telling, order: tuple[str, ...]
) -> None:
    telling.tell(telling.link(f"doofinder:{SESSION}", f"alhena:{FINGERPRINTS}"))
    for number, name in enumerate(order):
        telling.told(getattr(telling, name)(at=number * MINUTE))
    (sale,) = telling.sales()
    assert (sale.number, sale.currency, sale.total_minor, sale.counted_reports) == ("EON1001", "EUR", 3083, 4)
    assert telling.sums("") == {"": (1, 3083, 0, 0, 0)}
    assert sale.candidates == ()


def test_what_comes_one_after_the_other_is_what_comes_at_once(telling: Telling, database_url: str) -> None:
    for event in (
        telling.click(at=-HOUR),
        telling.session(),
        telling.link(f"doofinder:{SESSION}", f"alhena:{FINGERPRINTS}"),
        telling.chat(at=-MINUTE),
        telling.storefront("#EON1001 "),
        telling.order(),
        telling.refund(1000, order_id="eon1001"),
        telling.item(),
    ):
        telling.told(event)
    one_after_the_other = everything(database_url)
    assert telling.sums()["chat"] == (1, 3083, 0, 3083, 1000)
    telling.rebuild()
    assert everything(database_url) == one_after_the_other


def test_a_session_that_nobody_links_is_a_sale_of_its_own(telling: Telling) -> None:
    sales = telling.told(telling.order(), telling.session(at=MINUTE))
    assert [one.counted_reports for one in sales] == [1, 1]
    assert [one.candidates for one in sales] == [(), ()]


def test_a_link_that_comes_late_joins_and_its_undoing_parts(telling: Telling) -> None:
    telling.tell(telling.order(), telling.session(at=MINUTE))
    assert len(telling.told(telling.link(f"doofinder:{SESSION}", f"emporix:{CUSTOMER}", at=HOUR))) == 1
    assert telling.sums("") == {"": (1, 3083, 0, 0, 0)}
    assert len(telling.told(telling.unlink())) == 2
    assert telling.sums("") == {"": (2, 6166, 0, 0, 0)}


def test_a_link_of_a_year_later_joins_what_was_bought_then(telling: Telling) -> None:
    telling.told(telling.order(), telling.session(at=MINUTE))
    (sale,) = telling.told(telling.link(f"doofinder:{SESSION}", f"emporix:{CUSTOMER}", at=365 * 24 * HOUR))
    assert sale.counted_reports == 2


def test_what_is_credited_days_later_is_matched_as_it_would_have_been(telling: Telling) -> None:
    refused = telling.storefront("", outcome=REFUSED, reason=ReportRefusal.NO_INTERACTION.value)
    telling.told(telling.link(f"alhena:{FINGERPRINTS}", f"emporix:{CUSTOMER}"))
    telling.told(telling.order("A"), telling.order("B", at=MINUTE), refused)
    credited = telling.event(
        "alhena", "report_credited", {}, at=9 * 24 * HOUR, subject=refused.call, visitor=FINGERPRINTS
    )
    assert sorted(one.number for one in telling.told(credited)) == ["", "A", "B"]


def test_a_link_that_comes_days_later_joins_purchases_of_then(telling: Telling, database_url: str) -> None:
    telling.told(telling.order(), telling.session(at=MINUTE))
    days = 5 * 24 * HOUR
    assert len(telling.told(telling.link(f"doofinder:{SESSION}", f"emporix:{CUSTOMER}", at=days))) == 1
    in_steps = everything(database_url)
    telling.rebuild()
    assert everything(database_url) == in_steps
    assert len(telling.told(telling.unlink(at=2 * days))) == 2


def test_a_refund_days_later_leaves_what_else_a_sale_might_be(telling: Telling, database_url: str) -> None:
    telling.tell(telling.link(f"doofinder:{SESSION}", f"emporix:{CUSTOMER}"))
    telling.told(telling.order("A"), telling.order("B", at=MINUTE), telling.session(at=MINUTE))
    sales = telling.told(telling.refund(1000, at=5 * 24 * HOUR, order_id="A"))
    assert [len(one.candidates) for one in sales] == [2, 1, 1]
    in_steps = everything(database_url)
    telling.rebuild()
    assert everything(database_url) == in_steps


def test_who_becomes_one_by_an_order_number_has_earned_for_earlier_orders_too(telling: Telling) -> None:
    telling.told(telling.chat(at=-HOUR), telling.order("B"))
    assert telling.sums()["unattributed"][1] == 3083
    telling.told(telling.order("A", at=7 * 24 * HOUR), telling.storefront("A", at=7 * 24 * HOUR))
    credited = telling.sums()
    assert credited["chat"][:2] == (2, 6166)
    telling.told(telling.refund(1, order_id="B", at=8 * 24 * HOUR))
    assert {source: row[1] for source, row in telling.sums().items()} == {
        source: row[1] for source, row in credited.items()
    }


def test_weak_evidence_is_listed_and_joins_nothing(telling: Telling) -> None:
    cart = [{"id": "cup", "amount": 1, "price": 5}]
    telling.tell(telling.link(f"doofinder:{SESSION}", f"emporix:{CUSTOMER}"))
    later, earlier = telling.told(telling.order(), telling.session(at=MINUTE, cart=cart))
    (evidence,) = earlier.candidates
    assert (evidence.other, evidence.seconds_apart, evidence.has_same_items) == (later.reports[0], 60, False)
    assert evidence.objection == "neither items nor amount are the same"


def test_what_could_be_two_purchases_is_neither(telling: Telling) -> None:
    telling.tell(telling.link(f"doofinder:{SESSION}", f"emporix:{CUSTOMER}"))
    sales = telling.told(telling.order("A"), telling.order("B", at=MINUTE), telling.session(at=MINUTE))
    assert len(sales) == 3
    assert [len(one.candidates) for one in sales if not one.number] == [2]


def test_numbers_are_compared_as_people_write_them(telling: Telling) -> None:
    numbers = ["0042", "#42", " 42 ", "#0042"]
    (sale,) = telling.told(
        *[telling.storefront(number, outcome=REPEATED) for number in numbers[1:]], telling.storefront(numbers[0])
    )
    assert (sale.total_minor, sale.counted_reports, len(sale.reports)) == (3083, 1, 4)


def test_items_of_one_order_add_up_and_a_later_version_takes_the_place(telling: Telling) -> None:
    (sale,) = telling.told(telling.item(cents=1000), telling.item(cents=500, sku="cup"), telling.item(cents=1200))
    assert sale.total_minor == 1700
    assert telling.sums("") == {"": (1, 1700, 0, 0, 0)}


def test_who_contradicts_is_told(telling: Telling) -> None:
    (sale,) = telling.told(telling.order(), telling.storefront(value="3083"), telling.item(cents=3000))
    assert {(one.kind, one.theirs) for one in sale.conflicts} == {
        ("cents_and_units_mixed", "308300"),
        ("amount_differs", "3000"),
        ("items_differ", "1 × mug"),
    }
    assert sale.total_minor == 3083


def test_who_knows_of_the_goods_alone_contradicts_nobody(telling: Telling) -> None:
    order = telling.order(total=3573, items=[("mug", 2, 3083)])
    flagged = telling.event(
        "alhena",
        "checkout_event",
        {
            "value": 35.73,
            "currency": "EUR",
            "orderId": "EON1001",
            "lineItems": [{"product_id": "mug", "quantity": 2, "value": 30.83, "currency": "EUR"}],
            "valueMeans": "line",
            "flags": ["lines_do_not_add_up"],
        },
        subject="EON1001",
        visitor=FINGERPRINTS,
    )
    telling.tell(telling.link(f"doofinder:{SESSION}", f"alhena:{FINGERPRINTS}"))
    (sale,) = telling.told(order, flagged, telling.session())
    assert (sale.counted_reports, sale.conflicts) == (3, ())


def test_that_a_search_session_began_earns_nothing_but_by_the_rule_that_counts_it(telling: Telling) -> None:
    began = telling.event("doofinder", "init", {}, -HOUR, subject=SESSION, visitor=SESSION)
    telling.told(began, telling.session())
    assert telling.sums("linear") == {"unattributed": (1, 3083, 0, 0, 0)}
    assert telling.sums("search-of-a-day")["search_session"][1] == 3083


def test_a_refused_report_counts_when_its_touch_arrives(telling: Telling) -> None:
    report = telling.storefront(outcome=REFUSED, reason=ReportRefusal.NO_INTERACTION.value)
    (sale,) = telling.told(report)
    assert sale.state == "refused"
    assert telling.sums("") == {}
    credited = telling.event("alhena", "report_credited", {}, subject=report.call, visitor=FINGERPRINTS)
    (sale,) = telling.told(telling.chat(at=-HOUR), credited)
    assert sale.state == "counted"
    assert telling.sums()["chat"] == (1, 3083, 0, 3083, 0)


def test_a_test_order_counts_nowhere_and_a_real_one_beside_it_does(telling: Telling) -> None:
    document = {"order_id": "T1", "total": Decimal("9.99"), "currency": "EUR", "lines": [], "test": True}
    tried = telling.event("native", "checkout", document, subject="T1", visitor="ada")
    chat = telling.event("native", "touch", {"source": "mail"}, -MINUTE, visitor="ada", detail="mail")
    (sale,) = telling.told(chat, tried)
    assert (sale.state, sale.counts, sale.total_minor, telling.sums("")) == ("test", False, 999, {})
    sales = telling.told(telling.order(at=MINUTE))
    assert [one.state for one in sales] == ["counted", "test"]
    assert telling.sums("")[""] == (1, 3083, 0, 0, 0)


def test_a_late_touch_is_credited_for_the_sale_before_it(telling: Telling) -> None:
    telling.told(telling.storefront())
    assert telling.sums() == {"unattributed": (1, 3083, 0, 0, 0)}
    telling.told(telling.chat(at=-HOUR))
    assert telling.sums()["chat"] == (1, 3083, 0, 3083, 0)
    assert telling.sums()["unattributed"][:2] == (0, 0)


def test_a_touch_of_the_very_product_is_direct(telling: Telling) -> None:
    digest = md5(b"mug", usedforsecurity=False).hexdigest()
    telling.told(telling.click(at=-HOUR, product=digest), telling.session())
    assert telling.sums()["search"] == (1, 3083, 3083, 3083, 0)


def test_a_touch_that_names_its_visitor_twice_is_one_touch(telling: Telling) -> None:
    clicked = telling.event("doofinder", "click", {}, 0, subject="h@product@x", visitor=SESSION, person="ada")
    checkout = telling.session(at=2 * MINUTE, person="ada")
    telling.told(
        clicked, telling.chat(MINUTE), telling.link(f"alhena:{FINGERPRINTS}", f"doofinder:{SESSION}"), checkout
    )
    assert telling.sums("linear") == {"chat": (1, 1541, 0, 3083, 0), "search": (1, 1542, 0, 3083, 0)}


def test_who_earned_nothing_has_assisted_all_the_same(telling: Telling) -> None:
    telling.told(
        telling.click(),
        telling.chat(MINUTE),
        telling.link(f"alhena:{FINGERPRINTS}", f"doofinder:{SESSION}"),
        telling.session(at=2 * MINUTE),
    )
    assert telling.sums("last") == {"chat": (1, 3083, 0, 3083, 0), "search": (0, 0, 0, 3083, 0)}


def test_money_given_back_takes_from_who_earned_it_and_never_more(telling: Telling) -> None:
    telling.tell(telling.chat(at=-HOUR), telling.storefront())
    (sale,) = telling.told(telling.refund(1000, order_id="EON1001", at=30 * 24 * HOUR))
    assert telling.sums()["chat"] == (1, 3083, 0, 3083, 1000)
    (sale,) = telling.told(telling.refund(9000, sale=sale.id, at=31 * 24 * HOUR))
    assert (sale.total_minor, sale.refunded_minor) == (3083, 3083)
    assert [one.excess_minor for one in sale.reversals] == [0, 6917]
    assert telling.sums(calendar="refund")["chat"] == (0, 0, 0, 0, 3083)
    assert telling.sums("")[""] == (1, 3083, 0, 0, 3083)


def test_a_refund_that_comes_before_its_order_waits(telling: Telling) -> None:
    assert telling.told(telling.refund(1000, order_id="EON1001")) == []
    (sale,) = telling.told(telling.order())
    assert sale.refunded_minor == 1000


def test_a_declined_order_gives_back_what_is_left(telling: Telling) -> None:
    (sale,) = telling.told(
        telling.order(), telling.refund(83, order_id="EON1001"), telling.moved("EON1001", "DECLINED")
    )
    assert [one.amount_minor for one in sale.reversals] == [83, 3000]


def test_another_currency_is_never_added(telling: Telling) -> None:
    telling.told(telling.order("A"), telling.order("B", currency="PLN"))
    assert telling.sums("") == {"": (1, 3083, 0, 0, 0)}
    assert telling.sums("", currency="PLN") == {"": (1, 3083, 0, 0, 0)}


def test_merging_by_hand_and_undoing_it_changes_nothing(telling: Telling, database_url: str) -> None:
    later, earlier = telling.told(telling.order("A"), telling.storefront("B", at=MINUTE))
    before = telling.sums(""), telling.sums()
    (sale,) = telling.told(telling.merge(earlier.id, later.id))
    assert (sale.total_minor, sale.counted_reports) == (3083, 2)
    assert telling.sums("") == {"": (1, 3083, 0, 0, 0)}
    assert len(telling.told(telling.undo("dec_1"))) == 2
    assert (telling.sums(""), telling.sums()) == before


def test_a_report_that_is_split_off_is_a_sale_of_its_own_until_it_is_undone(telling: Telling) -> None:
    (sale,) = telling.told(telling.order(), telling.storefront())
    assert len(telling.told(telling.split(sale.reports[1]))) == 2
    assert telling.sums("") == {"": (2, 6166, 0, 0, 0)}
    assert len(telling.told(telling.undo("dec_2"))) == 1
    assert telling.sums("") == {"": (1, 3083, 0, 0, 0)}


@pytest.mark.parametrize("outcome", [REFUSED, REPEATED])
@pytest.mark.parametrize("kind", sorted(OF_VISITORS | OF_THE_SHOP))
def test_what_was_not_accepted_is_passed_over_whatever_it_says(telling: Telling, kind: str, outcome: str) -> None:
    said = telling.event("native", kind, {"id": "1"}, subject="x", visitor="v", outcome=outcome)
    telling.told(said, telling.order())
    assert telling.sums() == {"unattributed": (1, 3083, 0, 0, 0)}


def test_a_device_of_many_persons_makes_nobody_one(telling: Telling) -> None:
    till = "native:till"
    persons = [f"emporix:customer:{number}" for number in range(9)]
    telling.tell(*[telling.link(till, person, id=f"lnk_{person}") for person in persons])
    telling.tell(telling.event("native", "touch", {"source": "newsletter"}, -HOUR, visitor="till"))
    sales = telling.told(telling.order())
    assert telling.sums() == {"unattributed": (1, 3083, 0, 0, 0)}
    assert len(sales) == 1
