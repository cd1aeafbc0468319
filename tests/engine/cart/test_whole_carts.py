"""Carts are made, found, changed as a whole and checked in process; each is done, or it is said why not."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.engine.small_shop import SmallShop, open_shop
from tests.store.ground import NOW, opened
from tillroll.domain.cart.cart import CART_BYTES_MAX, CLOSED, CartLine, CartPrice
from tillroll.domain.cart.commands import CartFields
from tillroll.domain.pricing.external import ExternalCartDiscount
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.engine.access.access import Caller
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.change import CartEdit, change_cart, delete_cart
from tillroll.engine.cart.check import unsellable_lines
from tillroll.engine.cart.create import CartWish, create_carts, find_carts
from tillroll.engine.documents import documents
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.documents import Kind, Write
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Store

COMPANY = '{"id": "acme", "name": "Acme"}'
ASSIGNMENT = '{"id": "a", "legalEntity": {"id": "acme"}, "customer": {"id": "%s"}, "type": "CONTACT"}'
TAKEN_OFF = (ExternalCartDiscount("d", "ABSOLUTE", Decimal(1)),)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store without a shop."""
    with opened(database_url) as store:
        store.migrate()
        yield store


def in_shop(store: Store, work: Callable[[SmallShop], None]) -> None:
    """Do something in a small shop, in one transaction."""
    store.write_now(lambda tx: work(open_shop(tx)))


def wish(caller: Caller, id: str = "cart") -> CartWish:
    """A cart in euros on the site of the shop."""
    return CartWish(caller=caller, id=id, now=NOW, site_code="main", currency="EUR")


def made(shop: SmallShop, wish: CartWish) -> StoredCart:
    """The cart that is made."""
    (outcome,) = create_carts(shop.desk, [wish])
    assert isinstance(outcome, StoredCart), outcome
    return outcome


def reasons(outcome: object) -> list[tuple[Reason, str]]:
    """Why something was not done."""
    assert isinstance(outcome, Refused), outcome
    return [(rejection.reason, rejection.subject) for rejection in outcome.rejections]


def not_made(shop: SmallShop, wish: CartWish) -> list[tuple[Reason, str]]:
    """Why a cart is not made."""
    (outcome,) = create_carts(shop.desk, [wish])
    return reasons(outcome)


def found(shop: SmallShop, wish: CartWish, *, creates: bool = False) -> StoredCart | Refused:
    """The cart of a wish, if there is one."""
    (outcome,) = find_carts(shop.desk, [(wish, creates)])
    return outcome


def add_company(shop: SmallShop, customer_id: str) -> None:
    """Set up a company that a customer acts for."""
    documents.insert(shop.tx, shop.shop, Write(Kind.LEGAL_ENTITY, "acme", COMPANY, None, "", None), NOW)
    text = ASSIGNMENT % customer_id
    documents.insert(shop.tx, shop.shop, Write(Kind.CONTACT_ASSIGNMENT, "a", text, None, customer_id, None), NOW)
    shop.desk = Desk(shop.tx, Catalogue())


def edit(shop: SmallShop, caller: Caller | None = None) -> CartEdit:
    """A change of nothing."""
    return CartEdit(caller=caller or shop.ada, now=NOW + 1, names=("zipCode",), bytes_sent=2)


# ---------------------------------------------------------------------------------------------------- make and find


def test_the_ledger_tells_of_a_cart_in_the_dialect_of_its_caller(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        stored = made(shop, wish(shop.ada))
        told = shop.tx.rows("events_of_subject", shop=shop.shop, subject=stored.cart.id)
        assert [event[1] for event in told] == [shop.ada.dialect]

    in_shop(store, work)


def test_of_two_wishes_for_one_identity_the_first_is_made(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        wishes = [wish(shop.ada, "first"), wish(shop.ada, "second"), wish(shop.guest, "third")]
        first, second, third = create_carts(shop.desk, wishes)
        assert isinstance(first, StoredCart)
        assert isinstance(third, StoredCart)
        assert (first.owner, third.owner) == (shop.ada.owner, shop.guest.owner)
        assert reasons(second) == [(Reason.CART_EXISTS, "main")]
        assert carts.find(shop.tx, shop.shop, ["second"]) == {}

    in_shop(store, work)


def test_a_cart_that_can_not_be_made_says_why(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        add_company(shop, "somebody")
        ada = wish(shop.ada)
        assert not_made(shop, replace(ada, currency=None)) == [(Reason.VALUE_MISSING, "currency")]
        assert not_made(shop, replace(ada, site_code="moon")) == [(Reason.VALUE_INVALID, "site_code")]
        assert not_made(shop, replace(ada, customer_id="somebody")) == [(Reason.CHANGE_FORBIDDEN, "customer_id")]
        assert not_made(shop, replace(ada, legal_entity_id="acme")) == [(Reason.CHANGE_FORBIDDEN, "legal_entity_id")]
        guest = replace(wish(shop.guest), legal_entity_id="acme")
        assert not_made(shop, guest) == [(Reason.VALUE_INVALID, "legal_entity_id")]
        office = replace(wish(shop.merchant), customer_id="somebody", legal_entity_id="acme")
        assert not_made(shop, office) == [(Reason.VALUE_INVALID, "customer_id")]

    in_shop(store, work)


def test_a_back_office_makes_carts_for_customers_and_the_companies_that_they_act_for(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        add_company(shop, shop.ada_id)
        office = replace(wish(shop.merchant), customer_id=shop.ada_id, legal_entity_id="other")
        assert not_made(shop, office) == [(Reason.VALUE_INVALID, "legal_entity_id")]
        assert made(shop, replace(office, legal_entity_id="acme")).cart.legal_entity_id == "acme"

    in_shop(store, work)


def test_a_cart_of_no_named_company_is_that_of_the_token_while_its_bearer_acts_for_it(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        token = replace(shop.ada, legal_entity_id="acme")
        assert made(shop, wish(token, "before")).cart.legal_entity_id == ""
        add_company(shop, shop.ada_id)
        assert made(shop, wish(token, "after")).cart.legal_entity_id == "acme"

    in_shop(store, work)


def test_the_cart_of_an_identity_is_found_and_made_only_where_that_is_wished(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        ada = replace(wish(shop.ada), site_code="default", currency=None)
        assert reasons(found(shop, ada)) == [(Reason.CART_NOT_FOUND, "")]
        new = found(shop, ada, creates=True)
        assert isinstance(new, StoredCart)
        assert (new.cart.site, new.cart.currency) == ("main", "EUR")
        again = found(shop, replace(ada, id="other"), creates=True)
        assert isinstance(again, StoredCart)
        assert again.cart.id == "cart"
        assert reasons(found(shop, replace(ada, session_id="theirs"))) == [(Reason.CHANGE_FORBIDDEN, "session_id")]
        office = replace(wish(shop.merchant), currency=None)
        assert reasons(found(shop, office)) == [(Reason.VALUE_MISSING, "session_id")]
        of_ada = found(shop, replace(office, customer_id=shop.ada_id))
        assert isinstance(of_ada, StoredCart)
        assert of_ada.cart.id == "cart"

    in_shop(store, work)


# -------------------------------------------------------------------------------------------------- change and check


def test_what_is_sent_of_a_cart_replaces_it_and_the_rest_stays(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        addresses = ({"type": "BILLING", "city": "Berlin"}, {"type": "SHIPPING", "city": "Potsdam"})
        fields = CartFields(country_code="de", zip_code="10115", addresses=addresses, extra={"kept": 1})
        stored = made(shop, replace(wish(shop.ada), fields=fields))
        sent = CartFields(zip_code=None, attached={"a": 1}, addresses=({"type": "BILLING", "city": "Bonn"},))
        assert change_cart(shop.desk, stored, replace(edit(shop), fields=sent)) is None
        cart = stored.cart
        assert (cart.country_code, cart.zip_code, cart.attached, cart.extra) == ("DE", None, {"a": 1}, {"kept": 1})
        assert cart.addresses == [{"type": "BILLING", "city": "Bonn"}, {"type": "SHIPPING"}]
        assert change_cart(shop.desk, stored, replace(edit(shop), closes=True)) is None
        assert stored.status == CLOSED
        assert [(event.action, event.details) for event in stored.events] == [
            ("changed", {"fields": ["zipCode"]}),
            ("closed", {"fields": ["zipCode"]}),
        ]

    in_shop(store, work)


def test_a_cart_that_can_not_be_changed_so_says_why(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        stored, wrong = made(shop, wish(shop.ada)), Rejection(Reason.VALUE_INVALID, "externalDiscounts", "no list")
        for sent, reason in (
            (replace(edit(shop), version=7), (Reason.CART_OUTDATED, "cart")),
            (replace(edit(shop), customer_id="other"), (Reason.VALUE_INVALID, "customer_id")),
            (replace(edit(shop), unreadable=(wrong,)), (Reason.VALUE_INVALID, "externalDiscounts")),
            (replace(edit(shop), discounts=TAKEN_OFF), (Reason.PRICES_FORBIDDEN, "external_discounts")),
            (replace(edit(shop), site_code="moon"), (Reason.VALUE_INVALID, "site_code")),
            (replace(edit(shop), legal_entity_id="acme"), (Reason.CHANGE_FORBIDDEN, "legal_entity_id")),
            (replace(edit(shop), bytes_sent=CART_BYTES_MAX), (Reason.VALUE_TOO_LARGE, "attached")),
        ):
            assert reasons(change_cart(shop.desk, stored, sent)) == [reason]
        assert not stored.events
        priced = replace(edit(shop, shop.merchant), discounts=TAKEN_OFF, sets_prices=True)
        assert change_cart(shop.desk, stored, priced) is None
        assert stored.cart.external_discounts == TAKEN_OFF
        delete_cart(stored, NOW)
        carts.save(shop.tx, shop.ada.origin, [stored], NOW)
        assert carts.find(shop.tx, shop.shop, ["cart"]) == {}

    in_shop(store, work)


def test_lines_that_could_not_be_bought_at_their_prices_are_named(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        stored = shop.cart(shop.ada)
        view = shop.desk.view(shop.shop)
        assert unsellable_lines(view, stored, NOW) == {}
        dear = CartPrice("other", Decimal(11), Decimal(11), "EUR")
        stored.cart.lines = [*stored.cart.lines, CartLine("1", "mug", "", Decimal(1), dear, separate=True)]
        reasons = {
            id: [rejection.reason for rejection in rejections]
            for id, rejections in unsellable_lines(view, stored, NOW).items()
        }
        assert reasons == {
            "0": [Reason.PRICES_DUPLICATED],
            "1": [Reason.PRICE_NOT_FOUND, Reason.PRICES_DUPLICATED],
        }

    in_shop(store, work)
