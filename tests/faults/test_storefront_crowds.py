"""Many reports of storefronts at once, two server processes, both databases: each order and each credit counts once."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from tests.dialects.alhena.storefront import Visitor, code, milliseconds_ago
from tests.faults.crowd import at_once, audit_passes
from tests.harness import new_shop, running_servers
from tests.shop import Shop


@pytest.fixture
def shops(database_url: str) -> Iterator[tuple[Shop, Shop]]:
    """A shop, seen through two server processes on one database; the audit passes in the end."""
    with running_servers(database_url, 2) as servers:
        with new_shop(servers) as shop:
            yield shop, shop.at(servers[1].url)
        audit_passes(database_url)


def twins(shops: tuple[Shop, Shop], *, has_talked: bool) -> tuple[Visitor, Visitor]:
    """One visitor, once at each server."""
    visitor, twin = (Visitor(shop) for shop in shops)
    twin.fingerprint, twin.faq = visitor.fingerprint, visitor.faq
    if has_talked:
        assert visitor.talk().status_code == 200
    return visitor, twin


def test_of_a_hundred_checkouts_with_one_order_id_one_is_recorded(shops: tuple[Shop, Shop]) -> None:
    first, second = twins(shops, has_talked=True)
    answers = at_once([partial(one.buy, "O-1") for one in (first, second) * 50])
    assert Counter(map(code, answers)) == {(200, "CHECKOUT_EVENT_RECORDED"): 1, (409, "ORDER_ALREADY_EXISTS"): 99}
    outcomes = Counter(event["outcome"] for event in first.events(kind="checkout_event"))
    assert outcomes == {"accepted": 1, "repeated": 99}


def test_visitors_who_share_an_order_id_record_it_once_between_them(shops: tuple[Shop, Shop]) -> None:
    visitors = [Visitor(shop) for shop in shops * 10]
    for visitor in visitors:
        assert visitor.talk().status_code == 200
    answers = at_once([partial(visitor.buy, f"O-{number}") for visitor in visitors for number in range(3)])
    assert Counter(map(code, answers)) == {(200, "CHECKOUT_EVENT_RECORDED"): 3, (409, "ORDER_ALREADY_EXISTS"): 57}


def test_a_report_that_is_sent_over_and_over_is_one_event(shops: tuple[Shop, Shop]) -> None:
    first, second = twins(shops, has_talked=True)
    answers = at_once([partial(one.cart, event_id="r-1") for one in (first, second) * 10])
    assert {answer.content for answer in answers} == {b'{"status":"success","event_type":"CART_EVENT_RECORDED"}'}
    assert len(first.events(kind="cart_event")) == 1


def test_no_report_falls_between_its_refusal_and_its_credit(shops: tuple[Shop, Shop]) -> None:
    """A conversation that is opened while reports arrive: each is recorded, or refused and credited, never neither."""
    pairs = [twins(shops, has_talked=False) for _ in range(20)]
    reports = [partial(first.buy, f"O-{number}") for number, (first, _) in enumerate(pairs)]
    began = milliseconds_ago(60)
    talks = [partial(second.talk, event_time=began) for _, second in pairs]
    at_once([one for pair in zip(reports, talks, strict=True) for one in pair])
    for visitor, _ in pairs:
        (report,) = visitor.events(kind="checkout_event")
        credited = [event["subject"] for event in visitor.events(kind="report_credited")]
        assert credited == ([] if report["outcome"] == "accepted" else [report["call"]])
