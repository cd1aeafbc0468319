"""Companies, their places, and which customers act for them (docs/wire/emporix.md, 14).

All three are documents of the shop's set-up; an assignment hangs under its customer, so that one query finds whom a
customer acts for.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tillroll.domain.customers.company import ContactAssignment, LegalEntity
from tillroll.domain.customers.tax_address import CompanyAddress
from tillroll.engine.documents.documents import Kind, touch
from tillroll.engine.documents.snapshot import View
from tillroll.store import Transaction
from tillroll.store.documents import rows as stored

# Deeper than any company is nested.
LEVELS_MAX = 20

_ASSIGNMENT = msgspec.json.Decoder(ContactAssignment)
_NAMED = msgspec.json.Decoder(LegalEntity)


def companies_of(tx: Transaction, shop: str, customer_id: str) -> list[dict[str, Any]]:
    """The companies that a customer acts for, as a profile lists them."""
    return companies_of_many(tx, shop, [customer_id]).get(customer_id, [])


def acts_for(tx: Transaction, shop: str, customer_id: str, legal_entity_id: str) -> bool:
    """Whether a customer is assigned to a company."""
    return any(company["id"] == legal_entity_id for company in companies_of(tx, shop, customer_id))


def companies_of_many(tx: Transaction, shop: str, customer_ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """The same for many customers, in two queries; those without a company are absent."""
    ids = set(customer_ids)
    if not ids:
        return {}
    below = stored.documents_below(tx, shop, Kind.CONTACT_ASSIGNMENT, ids)
    assignments = [_ASSIGNMENT.decode(one.document) for one in below]
    if not assignments:
        return {}
    entities = {assignment.legal_entity.id for assignment in assignments}
    named = {
        document.id: _NAMED.decode(document.document).name
        for document in stored.current_documents(tx, shop, Kind.LEGAL_ENTITY, entities)
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for one in sorted(assignments, key=lambda one: (not one.primary, one.id)):
        if one.legal_entity.id in named:
            company = {"id": one.legal_entity.id, "name": named[one.legal_entity.id], "contactAssignmentId": one.id}
            found.setdefault(one.customer.id, []).append(company)
    return found


def lineage(view: View, customer_id: str, legal_entity_id: str) -> list[LegalEntity]:
    """The company that a customer acts for, then its parents, nearest first; nothing where it does not act for it."""
    if not legal_entity_id or not acts_for(view.tx, view.head.shop, customer_id, legal_entity_id):
        return []
    return ancestry(view, legal_entity_id)


def ancestry(view: View, legal_entity_id: str) -> list[LegalEntity]:
    """A company and its parents, nearest first; nothing where there is no such company."""
    found: list[LegalEntity] = []
    id: str | None = legal_entity_id
    while id and len(found) < LEVELS_MAX and id not in {entity.id for entity in found}:
        loaded = view.loaded(Kind.LEGAL_ENTITY, id)
        if loaded is None:
            break
        found.append(loaded.value)
        id = loaded.value.parent_id
    return found


def addresses_of(view: View, legal_entity_id: str) -> Sequence[CompanyAddress]:
    """Where a company is, in the order in which it lists its places."""
    loaded = view.loaded(Kind.LEGAL_ENTITY, legal_entity_id) if legal_entity_id else None
    if loaded is None:
        return ()
    ids = [address.id for address in loaded.value.entities_addresses]
    view.load(Kind.LOCATION, ids)
    places = [place.value.contact_details for id in ids if (place := view.loaded(Kind.LOCATION, id)) is not None]
    return [
        CompanyAddress(place.country_code, tuple(tag.upper() for tag in place.tags))
        for place in places
        if place.country_code
    ]


def forget_customer(tx: Transaction, shop: str, customer_id: str) -> None:
    """A customer who is gone acts for nobody."""
    if stored.delete_documents_below(tx, shop, Kind.CONTACT_ASSIGNMENT, customer_id):
        touch(tx, shop)
