"""Mixins are held against their schemas outside of the transaction, whatever changes in between; on both databases."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import httpx
import msgspec
import pytest

from tests.faults.crowd import at_once, audit_passes, statuses
from tests.harness import Server, new_shop, running_server
from tests.shop import Guest, Shop, send, told
from tillroll.dialects.emporix.checkout.checkout import read_order
from tillroll.dialects.http import Inbound
from tillroll.domain.rejections import Refused
from tillroll.engine.access import access
from tillroll.engine.checkout.mixins import Verdicts
from tillroll.engine.checkout.place import Outcome, Placed, Unjudged, place_orders
from tillroll.engine.checkout.subjects import Purchase
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Store, Transaction, open_store

NOW = 1_900_000_000_000_000


class Till:
    """A shop with a schema for loyalty cards on a server, and its database in this process, too."""

    def __init__(self, shop: Shop, store: Store) -> None:
        self.shop = shop
        self.store = store
        self.catalogue = Catalogue()
        shop.standard()
        shop.stock("mug", 100)
        self._write_schema("POST", "", {"type": "integer"}, {})

    def change_schema(self, number: Mapping[str, Any]) -> None:
        """Say something else of a card's number."""
        one = f"/schema/{self.shop.name}/schemas/loyalty"
        self._write_schema("PUT", "/loyalty", number, {"metadata": self.shop.service.get(one).json()["metadata"]})

    def buyer(self, card: object = None, product: str = "mug") -> tuple[Guest, dict[str, Any]]:
        """A guest with a cart, and what they send to buy it: with a loyalty card, where there is one."""
        guest = self.shop.guest()
        body = self.shop.order_request(self.shop.cart(guest, [product]))
        if card is not None:
            body["customer"] |= {"mixins": {"card": {"number": card}}, "metadata": {"mixins": {"card": "loyalty"}}}
        return guest, body

    def purchase(self, buyer: tuple[Guest, dict[str, Any]], verdicts: Mapping[bytes, Verdicts]) -> Purchase:
        """What a checkout would make of a request."""
        guest, body = buyer
        bearer = access.hash_of(guest.headers["authorization"].removeprefix("Bearer "))
        caller = self.store.write_now(lambda tx: access.callers(tx, [bearer], "emporix"))[bearer]
        inbound = Inbound("POST", "", {}, b"", [], msgspec.json.encode(body), "", NOW, "")
        return Purchase(caller, read_order(inbound).request, (), NOW, verdicts=verdicts)

    def place(self, *purchases: Purchase) -> Sequence[Outcome]:
        """What becomes of purchases that share a transaction."""

        def work(tx: Transaction) -> Sequence[Outcome]:
            return place_orders(tx, self.catalogue, purchases)

        return self.store.write_now(work)

    def order_count(self) -> int:
        """How many orders the shop has."""
        path = f"/order-v2/{self.shop.name}/salesorders"
        return int(self.shop.service.get(path, headers={"X-Total-Count": "true"}).headers["x-total-count"])

    def _write_schema(self, method: str, path: str, number: Mapping[str, Any], more: Mapping[str, Any]) -> None:
        definition = {"type": "object", "properties": {"number": number}}
        body = {"id": "loyalty", "name": "Loyalty", "types": ["CUSTOMER"], "definition": definition} | dict(more)
        answer = send(self.shop.service, method, f"/schema/{self.shop.name}/schemas{path}", body)
        assert answer.status_code in (201, 204), told(answer)


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    with running_server(database_url) as server:
        yield server
        audit_passes(database_url)


@pytest.fixture
def till(server: Server) -> Iterator[Till]:
    store = open_store(server.database_url)
    with new_shop(server) as shop:
        yield Till(shop, store)
    store.close()


def _question(outcome: Outcome) -> tuple[bytes, Verdicts]:
    """What a purchase lacked, answered outside of any transaction."""
    assert isinstance(outcome, Unjudged)
    return outcome.question.key, outcome.question.answer()


def test_a_purchase_waits_for_its_verdict_and_its_neighbours_do_not(till: Till) -> None:
    before = till.shop.on_hand("mug")
    plain, carded = till.buyer(), till.buyer(card=7)
    waiting, placed = till.place(till.purchase(carded, {}), till.purchase(plain, {}))
    assert isinstance(placed, Placed)
    key, verdicts = _question(waiting)
    assert verdicts == {"customer.mixins.card": []}
    assert (till.order_count(), till.shop.on_hand("mug")) == (1, before - 1)
    (bought,) = till.place(till.purchase(carded, {key: verdicts}))
    assert isinstance(bought, Placed)
    assert (till.order_count(), till.shop.on_hand("mug")) == (2, before - 2)


def test_a_schema_that_changes_meanwhile_is_asked_anew_and_nothing_is_written(till: Till) -> None:
    before = till.shop.on_hand("mug")
    carded = till.buyer(card=7)
    (waiting,) = till.place(till.purchase(carded, {}))
    old_key, old = _question(waiting)
    till.change_schema({"type": "string"})
    (again,) = till.place(till.purchase(carded, {old_key: old}))
    new_key, new = _question(again)
    assert new_key != old_key
    assert (till.order_count(), till.shop.on_hand("mug")) == (0, before)
    (refused,) = till.place(till.purchase(carded, {old_key: old, new_key: new}))
    assert isinstance(refused, Refused)
    assert {one.subject for one in refused.rejections} == {"customer.mixins.card.number"}
    till.change_schema({"type": "integer"})
    (bought,) = till.place(till.purchase(carded, {old_key: old, new_key: new}))
    assert isinstance(bought, Unjudged), "another version of the schema, though it says the same"
    (bought,) = till.place(till.purchase(carded, {bought.question.key: bought.question.answer()}))
    assert isinstance(bought, Placed)
    assert (till.order_count(), till.shop.on_hand("mug")) == (1, before - 1)


def test_a_verdict_is_of_one_value_alone(till: Till) -> None:
    (waiting,) = till.place(till.purchase(till.buyer(card=7), {}))
    key, verdicts = _question(waiting)
    (other,) = till.place(till.purchase(till.buyer(card=8), {key: verdicts}))
    assert isinstance(other, Unjudged)


def test_a_schema_that_goes_away_meanwhile_is_said_to_be_missing(till: Till) -> None:
    carded = till.buyer(card=7)
    (waiting,) = till.place(till.purchase(carded, {}))
    key, verdicts = _question(waiting)
    assert till.shop.service.delete(f"/schema/{till.shop.name}/schemas/loyalty").status_code == 204
    (refused,) = till.place(till.purchase(carded, {key: verdicts}))
    assert isinstance(refused, Refused)
    assert "not registered" in refused.rejections[0].message


def test_a_crowd_with_and_without_mixins_gets_what_each_asked_for(till: Till) -> None:
    cards: list[object] = [None, 7, "seven"] * 12
    buyers = [till.buyer(card=card) for card in cards]
    tries = [partial(till.shop.checkout, guest, body) for guest, body in buyers]
    answers = at_once(tries)
    assert statuses(answers) == {200: 24, 400: 12}
    assert [answer.status_code for answer in answers] == [400 if card == "seven" else 200 for card in cards]
    assert till.order_count() == 24
    assert till.shop.on_hand("mug") == 76


def test_checkouts_hold_while_their_schema_is_changed_all_the_time(till: Till) -> None:
    buyers = [till.buyer(card=7) for _ in range(12)]
    tries = [partial(till.shop.checkout, guest, body) for guest, body in buyers]

    def changes() -> httpx.Response:
        for least in range(6):
            till.change_schema({"type": "integer", "minimum": least})
        return till.shop.service.get(f"/schema/{till.shop.name}/schemas/loyalty")

    *answers, schema = at_once([*tries, changes])
    assert schema.json()["metadata"]["version"] == 7
    assert set(statuses(answers)) <= {200, 503}
    assert all(answer.headers["retry-after"] == "1" for answer in answers if answer.status_code == 503)
    assert till.order_count() == statuses(answers)[200] == 100 - till.shop.on_hand("mug")


def test_a_mixin_that_costs_too_much_is_refused_and_a_key_keeps_that_answer(till: Till) -> None:
    guest, body = till.buyer(card=7)
    till.change_schema({"items": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}})
    body["customer"]["mixins"]["card"]["number"] = [1] * 10_000
    refused = till.shop.checkout(guest, body, idempotency_key="a")
    assert refused.status_code == 400, told(refused)
    (detail,) = [one for one in refused.json()["details"] if one["field"] == "customer.mixins.card"]
    assert detail["type"] == "schema_violation"
    assert detail["message"].startswith("the value is too large to be checked")
    assert till.shop.checkout(guest, body, idempotency_key="a").content == refused.content
    assert till.order_count() == 0
