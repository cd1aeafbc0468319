"""Carts in the store: locked, saved once per commit, every change in the ledger."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tillroll.dialects.emporix.access.guest_limits import GuestLimits
from tillroll.dialects.emporix.cart import carts as dialect
from tillroll.dialects.http import Inbound, Response
from tillroll.domain.cart.cart import CLOSED, Cart, CartLine, CartPrice, add_line
from tillroll.domain.events.events import Origin
from tillroll.engine.access import access
from tillroll.engine.access.access import ANONYMOUS, CUSTOMER, SERVICE, Caller, NewToken
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.settings import Settings
from tillroll.store import Row, Store, Transaction, open_store

Body = dict[str, object]

FOREVER = 2**60
SHOP = "acme"
ORIGIN = Origin(SHOP, "some")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with one shop, one session's token, and that session's open cart `c1`."""
    store = open_store(database_url)
    store.migrate()

    def set_up(tx: Transaction) -> None:
        tx.run("insert_shop", id=SHOP, currency="EUR", settings="{}", now=1)
        access.store_tokens(tx, SHOP, [NewToken("secret", ANONYMOUS, "web", "", FOREVER, "s1")])
        assert carts.insert(
            tx, ORIGIN, carts.opened(Cart("c1", "main", "EUR", type="", session_id="s1"), "session:s1", 1)
        )

    store.write_now(set_up)
    yield store
    store.close()


def line_of(product: str, quantity: str) -> CartLine:
    return CartLine("", product, f"urn:{product}", Decimal(quantity), CartPrice("p1"))


def stored(tx: Transaction) -> StoredCart:
    return carts.lock(tx, SHOP, ["c1", "unknown"])["c1"]


def test_a_saved_cart_is_read_as_it_was(store: Store) -> None:
    def change(tx: Transaction) -> Cart:
        found = stored(tx)
        held = add_line(found.cart, line_of("mug", "1.5"))
        assert isinstance(held, CartLine)
        found.note("item_added", 5, held)
        assert found.next_version == 2
        carts.save(tx, ORIGIN, [found], 6)
        assert (found.version, found.modified_at, found.events) == (2, 6, [])
        return found.cart

    saved = store.write_now(change)
    found = store.write_now(lambda tx: carts.find(tx, SHOP, ["c1"]))["c1"]
    assert found.cart == saved
    assert (found.version, found.created_at, found.modified_at) == (2, 1, 6)
    assert (found.owner, found.status, found.order_id, found.is_open) == ("session:s1", "OPEN", None, True)


def test_an_unchanged_cart_is_not_written(store: Store) -> None:
    store.write_now(lambda tx: carts.save(tx, ORIGIN, [stored(tx)], 6))
    found = store.write_now(lambda tx: carts.find(tx, SHOP, ["c1"]))["c1"]
    assert (found.version, found.modified_at) == (1, 1)


def test_each_change_is_an_event(store: Store) -> None:
    def change(tx: Transaction) -> None:
        found = stored(tx)
        for now, quantity in ((5, "2"), (6, "3")):
            held = add_line(found.cart, line_of("mug", quantity))
            assert isinstance(held, CartLine)
            found.note("item_added", now, held)
        carts.save(tx, ORIGIN, [found], 7)

    store.write_now(change)
    rows = store.write_now(lambda tx: tx.rows("events_of_subject", shop=SHOP, subject="c1"))
    assert [(dialect, kind, visitor) for _, dialect, kind, visitor, *_ in rows] == [
        ("some", "cart_changed", "session:s1")
    ] * 3
    assert [row[4] for row in rows] == [1, 5, 6]
    assert [msgspec.json.decode(row[6]) for row in rows[1:]] == [
        {
            "action": "item_added",
            "happenedAt": now,
            "product": "mug",
            "item": "0",
            "quantity": quantity,
            "priceId": "p1",
        }
        for now, quantity in ((5, 2), (6, 5))
    ]


def test_a_version_that_was_not_locked_is_a_fault(store: Store) -> None:
    def change(tx: Transaction) -> None:
        found = stored(tx)
        found.version += 1
        found.note("changed", 5)
        carts.save(tx, ORIGIN, [found], 6)

    with pytest.raises(AssertionError, match="c1"):
        store.write_now(change)


def test_there_is_one_open_cart_of_an_identity(store: Store) -> None:
    def attempt(tx: Transaction, id: str) -> bool:
        return carts.insert(tx, ORIGIN, carts.opened(Cart(id, "main", "EUR", type=""), "session:s1", 2))

    assert store.write_now(lambda tx: attempt(tx, "c2")) is False

    def close(tx: Transaction) -> None:
        found = stored(tx)
        found.status = CLOSED
        found.note("closed", 5)
        carts.save(tx, ORIGIN, [found], 6)

    store.write_now(close)
    assert store.write_now(lambda tx: attempt(tx, "c3")) is True


@pytest.mark.parametrize(
    ("kind", "session_id", "customer_id", "belongs"),
    [
        (ANONYMOUS, "s1", None, True),
        (ANONYMOUS, "s2", None, False),
        (CUSTOMER, "s1", "C1", False),
        (CUSTOMER, "s2", "s1", False),
        (SERVICE, None, None, True),
    ],
)
def test_a_cart_belongs_to_its_owner_and_to_the_back_office(
    kind: str, session_id: str | None, customer_id: str | None, belongs: bool
) -> None:
    caller = Caller(SHOP, kind, "client", frozenset(), session_id, customer_id, FOREVER, "some")
    found = carts.opened(Cart("c1", "main", "EUR", session_id="s1"), "session:s1", 1)
    assert carts.belongs_to(found, caller) is belongs


# ---------------------------------------------------------------------------------- calls that share a transaction


def together(store: Store, method: str, place: str, bodies: list[Body]) -> list[Response]:
    """The answers of one route to calls that arrive in one commit."""
    path = "/cart/{tenant}/carts/{cartId}" + place
    (route,) = [
        one
        for one in dialect.routes(Catalogue(), GuestLimits.of(Settings()))
        if (one.method, one.path) == (method, path)
    ]
    values = {"tenant": SHOP, "cartId": "c1", "itemId": "0"}
    requests = []
    for number, body in enumerate(bodies):
        headers = [(b"authorization", b"Bearer secret"), (b"content-type", b"application/json")]
        content = msgspec.json.encode(body)
        inbound = Inbound(method, path.format(**values), values, b"", headers, content, "", 10, f"id-{number}")
        inbound.command = route.decode(inbound) if route.decode is not None else None
        requests.append(inbound)
    return list(store.write_now(lambda tx: route.run(tx, requests)))


def item(product: str, quantity: int, price_id: str = "p1") -> Body:
    price = {"priceId": price_id, "originalAmount": 1, "effectiveAmount": 1, "currency": "EUR"}
    return {"itemYrn": f"urn:yaas:hybris:product:product:acme;{product}", "quantity": quantity, "price": price}


def test_all_additions_of_one_commit_count_and_a_refused_one_leaves_no_trace(store: Store) -> None:
    bodies: list[Body] = [item("mug", 1), item("mug", 9, "other"), item("tea", 2), item("mug", 3), {"quantity": 1}]
    answers = together(store, "POST", "/items", bodies)
    assert [answer.status for answer in answers] == [201, 400, 201, 201, 400]
    found = store.write_now(lambda tx: carts.find(tx, SHOP, ["c1"]))["c1"]
    assert [(line.id, line.product_id, int(line.quantity)) for line in found.cart.lines] == [
        ("0", "mug", 4),
        ("1", "tea", 2),
    ]
    assert found.version == 4  # each accepted call is a version of its own
    assert len(store.write_now(lambda tx: tx.rows("events_of_subject", shop=SHOP, subject="c1"))) == 4


def test_of_two_guarded_changes_in_one_commit_the_second_is_stale(store: Store) -> None:
    guarded: Body = {"zipCode": "1", "metadata": {"version": 1}}
    answers = together(store, "PUT", "", [guarded, guarded | {"zipCode": "2"}, {"zipCode": "3"}])
    assert [answer.status for answer in answers] == [204, 409, 204]
    assert store.write_now(lambda tx: carts.find(tx, SHOP, ["c1"]))["c1"].cart.zip_code == "3"


def test_what_comes_after_the_end_of_a_cart_in_one_commit_finds_none(store: Store) -> None:
    answers = together(store, "PUT", "", [{"status": "CLOSED"}, {"zipCode": "1"}])
    assert [answer.status for answer in answers] == [204, 404]


def test_a_cart_is_deleted_once(store: Store) -> None:
    assert [answer.status for answer in together(store, "DELETE", "", [{}, {}])] == [204, 404]
    assert store.write_now(lambda tx: carts.find(tx, SHOP, ["c1"])) == {}


class Staged:
    """A transaction in which a rival acts right after the first time that somebody looks for an open cart."""

    def __init__(self, tx: Transaction, rival: Callable[[], object]) -> None:
        self._tx = tx
        self._rivals = [rival]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def row(self, query: str, **parameters: object) -> Row | None:
        """The row as it is; then the rival's turn."""
        found = self._tx.row(query, **parameters)
        if query == "open_cart" and self._rivals:
            self._rivals.pop()()
        return found


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("deletes", [False, True])
def test_a_cart_that_a_rival_makes_or_deletes_meanwhile_is_found_or_made(
    store: Store, database_url: str, deletes: bool
) -> None:
    """Only on PostgreSQL can somebody else write between two queries of one transaction."""
    rival = open_store(database_url)
    store.write_now(lambda tx: tx.run("delete_cart", shop=SHOP, id="c1") if not deletes else None)

    def act() -> None:
        if deletes:
            rival.write_now(lambda tx: tx.run("delete_cart", shop=SHOP, id="c1"))
        else:
            made = carts.opened(Cart("rival", "main", "EUR", type="", session_id="s1"), "session:s1", 2)
            rival.write_now(lambda tx: carts.insert(tx, ORIGIN, made))

    (route,) = [
        one
        for one in dialect.routes(Catalogue(), GuestLimits.of(Settings()))
        if (one.method, one.path) == ("GET", "/cart/{tenant}/carts")
    ]
    headers = [(b"authorization", b"Bearer secret")]
    query = b"siteCode=main&create=true"
    inbound = Inbound("GET", "/cart/acme/carts", {"tenant": SHOP}, query, headers, b"", "", 10, "mine")
    assert route.decode is not None
    inbound.command = route.decode(inbound)
    try:
        (answer,) = store.write_now(lambda tx: route.run(Staged(tx, act), [inbound]))
    finally:
        rival.close()
    assert answer.status == 200
    assert msgspec.json.decode(answer.body)["id"] == ("mine" if deletes else "rival")
