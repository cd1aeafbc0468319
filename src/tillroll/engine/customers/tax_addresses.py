"""What the store knows of the buyers of a transaction: where they are at home, and who has an account."""

from collections.abc import Sequence

from tillroll.domain.checkout.inputs import Attempt, CustomerState
from tillroll.domain.customers.customer import is_email, login_name
from tillroll.domain.customers.tax_address import NOWHERE, DefaultTaxAddress, default_tax_address_of
from tillroll.engine.customers import customers
from tillroll.engine.customers.companies import acts_for, addresses_of, companies_of_many
from tillroll.engine.documents.snapshot import View
from tillroll.store import Transaction


def load_customers(tx: Transaction, view: View, attempts: Sequence[Attempt]) -> dict[tuple[str, str], CustomerState]:
    """The customers among those who buy: one query, and two more where one of them acts for a company."""
    wanted = {attempt.acting_as for attempt in attempts if attempt.customer_id is not None}
    if not wanted:
        return {}
    known = customers.find_many(tx, view.head.shop, {id for id, _ in wanted})
    companies = companies_of_many(tx, view.head.shop, {id for id, company in wanted if company})
    found: dict[tuple[str, str], CustomerState] = {}
    for id, legal_entity_id in wanted:
        if id in known:
            acts = not legal_entity_id or legal_entity_id in {company["id"] for company in companies.get(id, ())}
            places = addresses_of(view, legal_entity_id) if acts else ()
            may_buy = known[id].active and not known[id].on_hold
            found[id, legal_entity_id] = CustomerState(
                may_buy, default_tax_address_of(known[id].document, places), acts
            )
    return found


def account_emails(tx: Transaction, view: View, attempts: Sequence[Attempt]) -> frozenset[str]:
    """Those e-mail addresses of guests who buy that log a customer in; a query for each."""
    guests = [attempt.request.customer for attempt in attempts if attempt.customer_id is None]
    emails = {login_name(guest.email) for guest in guests if guest is not None and is_email(guest.email)}
    return frozenset(
        email for email in sorted(emails) if customers.find_by_email(tx, view.head.shop, email) is not None
    )


def default_tax_address(view: View, customer_id: str | None, legal_entity_id: str) -> DefaultTaxAddress:
    """Where a customer, and the company that is bought for, are at home; a guest is nowhere."""
    known = customers.find(view.tx, view.head.shop, customer_id) if customer_id else None
    if known is None:
        return NOWHERE
    acts = legal_entity_id and acts_for(view.tx, view.head.shop, known.id, legal_entity_id)
    return default_tax_address_of(known.document, addresses_of(view, legal_entity_id) if acts else ())
