"""Companies and who acts for them: `/customer-management/{tenant}` (docs/wire/emporix.md, 14).

    legal entity ──► locations (where it is)        contact assignment: a customer acts for a legal entity

A back office keeps them; a customer reads those that it acts for. Carts, prices and taxes refer to a legal entity.
"""

from collections.abc import Mapping, Sequence

from tillroll.dialects.emporix.wire.errors import CUSTOMER_MANAGEMENT, Refusal, Reply, respond
from tillroll.dialects.emporix.wire.fields import country_problem, id_problem
from tillroll.dialects.emporix.wire.payload import MERGE_PATCH, reads_of_list
from tillroll.dialects.emporix.wire.resource_lists import Listing, filtered
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Change,
    Document,
    Ids,
    Index,
    Resource,
    Shows,
    Words,
    Writes,
    read_document,
    replace,
    resource_routes,
    show,
    shown,
)
from tillroll.dialects.emporix.wire.secured import Access, Call, back_office, secured
from tillroll.dialects.http import Problem, Route
from tillroll.domain.customers.company import ContactAssignment, LegalEntity, Location
from tillroll.engine.access.access import CUSTOMER, SERVICE
from tillroll.engine.customers import companies as legal_entities
from tillroll.engine.customers import customers
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

PAGE_SIZE = 16
# How many companies may be above one: more is no group, but a mistake.
PARENTS_MAX = 20
GROUPS_MAX = 100
_TYPES = ("COMPANY", "SUBSIDIARY")
_PLACES = ("HEADQUARTER", "WAREHOUSE", "OFFICE")

# Query parameters of the lists, and the path into the document that each one compares.
LEGAL_ENTITY_FILTERS: Mapping[str, str] = {
    **{name: name for name in ("id", "name", "type", "parentId", "legalInfo.legalName", "legalInfo.registrationDate")},
    **{f"legalInfo.{name}": f"legalInfo.{name}" for name in ("taxRegistrationNumber", "registrationAgency")},
    **{f"legalInfo.{name}": f"legalInfo.{name}" for name in ("countryOfRegistration", "registrationId")},
}
LOCATION_FILTERS: Mapping[str, str] = {
    **{name: name for name in ("name", "type", "contactDetails.city")},
    **{f"contactDetails.{name}": f"contactDetails.{name}" for name in ("state", "postcode", "countryCode")},
    "contactDetails.email": "contactDetails.emails",
    "contactDetails.phone": "contactDetails.phones",
    "contactDetails.address": "contactDetails.addressLine1",
}
ASSIGNMENT_FILTERS: Mapping[str, str] = {
    "legalEntityId": "legalEntity.id",
    "customerId": "customer.id",
    **{name: name for name in ("legalEntity.id", "customer.id", "type", "primary")},
}

_IDS = Ids(length_max=66)
_WRITES = Writes(creates_on_put=True, deletes_strictly=True)
_SHOWS = Shows(page_size=PAGE_SIZE)


def routes() -> list[Route]:
    """The routes of legal entities, locations and contact assignments."""
    return [
        *_routes(_legal_entities(), LEGAL_ENTITY_FILTERS),
        *_routes(_locations(), LOCATION_FILTERS),
        *_routes(_assignments(), ASSIGNMENT_FILTERS),
    ]


def _routes(resource: Resource, parameters: Mapping[str, str]) -> list[Route]:
    service, listing = resource.service, Listing(resource, parameters)

    def show_many(tx: Transaction, call: Call) -> Reply:
        """GET of a list; by a customer, of what belongs to the companies that it acts for."""
        return filtered(listing, tx, call, among=None if call.caller.kind == SERVICE else _own(resource, tx, call))

    def show_one(tx: Transaction, call: Call) -> Reply:
        id = call.inbound.values["id"]
        if call.caller.kind == SERVICE:
            return show(resource, tx, call)
        own = [entry for entry in _own(resource, tx, call) if entry.id == id]
        return respond(200, shown(own[0])) if own else resource.missing(id)

    put = secured(service, resource.writers, lambda tx, call: replace(resource, tx, call))
    return resource_routes(
        resource,
        Route("GET", resource.path, secured(service, resource.readers, show_many), service, reads=reads_of_list),
        Route("GET", resource.one, secured(service, resource.readers, show_one), service),
        Route("PUT", resource.one, put, service, read_document, True, MERGE_PATCH),
    )


def _readers(what: str) -> Access:
    scopes = f"customermanagement.{what}_read", f"customermanagement.{what}_manage"
    return Access(frozenset({SERVICE, CUSTOMER}), scopes)


def _own(resource: Resource, tx: Transaction, call: Call) -> Sequence[Entry]:
    companies = legal_entities.companies_of(tx, call.shop, call.caller.customer_id or "")
    if resource.kind is Kind.CONTACT_ASSIGNMENT:
        wanted = [company["contactAssignmentId"] for company in companies]
    else:
        wanted = [company["id"] for company in companies]
    if resource.kind is Kind.LOCATION:
        entities = documents.find_many(tx, call.shop, Kind.LEGAL_ENTITY, wanted).values()
        wanted = [reference["id"] for entity in entities for reference in shown(entity).get("entitiesAddresses", [])]
    found = documents.find_many(tx, call.shop, resource.kind, wanted)
    return [found[id] for id in dict.fromkeys(wanted) if id in found]


def _legal_entities() -> Resource:
    return Resource(
        path="/customer-management/{tenant}/legal-entities",
        kind=Kind.LEGAL_ENTITY,
        service=CUSTOMER_MANAGEMENT,
        writers=back_office("customermanagement.legalentity_manage"),
        readers=_readers("legalentity"),
        body=Body(LegalEntity, _check_legal_entity),
        ids=_IDS,
        words=Words("Legal entity with id '{id}' not found."),
        writes=_WRITES,
        shows=_SHOWS,
        rules=(_check_references,),
    )


def _check_legal_entity(entity: LegalEntity) -> list[Problem | None]:
    return [
        None if entity.name.strip() else Problem("name", "missing_value", "name is required: send a text"),
        None if entity.type in _TYPES else Problem("type", "invalid_value", f"type must be {' or '.join(_TYPES)}"),
        Problem("parentId", "invalid_value", "a legal entity is not its own parent")
        if entity.parent_id == entity.id
        else None,
        *(
            id_problem(f"customerGroups[{place}].id", group.id)
            for place, group in enumerate(entity.customer_groups[:GROUPS_MAX])
        ),
        None
        if len(entity.customer_groups) <= GROUPS_MAX
        else Problem("customerGroups", "invalid_value", f"a legal entity is in {GROUPS_MAX} customer groups at most"),
    ]


def _check_references(change: Change) -> Refusal | None:
    """The parent and the locations that a legal entity names exist, and no company is above itself."""
    tx, call, document = change.tx, change.call, change.after
    places = {reference["id"] for reference in document.get("entitiesAddresses") or []}
    missing = sorted(places - set(documents.find_many(tx, call.shop, Kind.LOCATION, places)))
    return CUSTOMER_MANAGEMENT.refusal_if(
        [
            _parent_problem(tx, call, document),
            *(Problem("entitiesAddresses", "invalid_value", f"there is no location '{id[:80]}'") for id in missing),
        ]
    )


def _parent_problem(tx: Transaction, call: Call, document: Document) -> Problem | None:
    parent = document.get("parentId")
    above: list[str] = []
    while parent and parent not in above:
        entry = documents.find(tx, call.shop, Kind.LEGAL_ENTITY, parent)
        if entry is None and not above:
            return Problem("parentId", "invalid_value", f"there is no legal entity '{parent[:80]}'")
        if entry is None:
            break  # one further up was deleted
        above.append(parent)
        if len(above) > PARENTS_MAX:
            return Problem("parentId", "invalid_value", f"a legal entity has at most {PARENTS_MAX} above it")
        parent = shown(entry).get("parentId")
    if document["id"] in above:
        return Problem("parentId", "invalid_value", "a legal entity is not above itself")
    return None


def _locations() -> Resource:
    return Resource(
        path="/customer-management/{tenant}/locations",
        kind=Kind.LOCATION,
        service=CUSTOMER_MANAGEMENT,
        writers=back_office("customermanagement.location_manage"),
        readers=_readers("location"),
        body=Body(Location, _check_location, countries=(("contactDetails", "countryCode"),)),
        ids=_IDS,
        words=Words("Location with id '{id}' not found."),
        writes=_WRITES,
        shows=_SHOWS,
    )


def _check_location(location: Location) -> list[Problem | None]:
    country = location.contact_details.country_code
    return [
        None
        if location.type in _PLACES
        else Problem("type", "invalid_value", f"type must be one of {', '.join(_PLACES)}"),
        country_problem("contactDetails.countryCode", country),
    ]


def _assignments() -> Resource:
    return Resource(
        path="/customer-management/{tenant}/contact-assignments",
        kind=Kind.CONTACT_ASSIGNMENT,
        service=CUSTOMER_MANAGEMENT,
        writers=back_office("customermanagement.contactassignment_manage"),
        readers=_readers("contactassignment"),
        body=Body(ContactAssignment),
        ids=_IDS,
        index=Index(
            parent=lambda document: str(document["customer"]["id"]),
            alternate_key=lambda document: f"{document['customer']['id']}/{document['legalEntity']['id']}",
        ),
        words=Words(
            "Contact assignment with id '{id}' not found.", taken="The customer acts for this legal entity already."
        ),
        writes=_WRITES,
        shows=_SHOWS,
        rules=(_check_assigned,),
    )


def _check_assigned(change: Change) -> Refusal | None:
    """The customer and the company exist."""
    tx, shop = change.tx, change.call.shop
    customer, company = change.after["customer"]["id"], change.after["legalEntity"]["id"]
    return CUSTOMER_MANAGEMENT.refusal_if(
        [
            None
            if customers.find(tx, shop, customer) is not None
            else Problem("customer.id", "invalid_value", f"there is no customer '{customer[:80]}'"),
            None
            if documents.find(tx, shop, Kind.LEGAL_ENTITY, company) is not None
            else Problem("legalEntity.id", "invalid_value", f"there is no legal entity '{company[:80]}'"),
        ]
    )
