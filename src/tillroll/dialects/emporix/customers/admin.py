"""Customers as the back office keeps them: `/customer/{tenant}/customers` (docs/wire/emporix.md, 14).

A customer whom the back office creates logs in with the contact's e-mail, once it has a password: the initial one that
came with it, or one of its own choice.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from tillroll.dialects.emporix.customers import view
from tillroll.dialects.emporix.customers.login import LoginDesk, duplicate_account
from tillroll.dialects.emporix.customers.one_customer import (
    NO_CONTENT,
    OK,
    as_struct,
    changing,
    is_stale,
    missing,
    patched,
    reading,
    stale,
)
from tillroll.dialects.emporix.customers.requests import email_problem, profile_problems, size_problem
from tillroll.dialects.emporix.wire import query as filters
from tillroll.dialects.emporix.wire.answers import told
from tillroll.dialects.emporix.wire.errors import CUSTOMER, Refusal, Reply, encode, respond
from tillroll.dialects.emporix.wire.fields import password_problem
from tillroll.dialects.emporix.wire.payload import MERGE_PATCH, paging, reads_of_list, refuse_if
from tillroll.dialects.emporix.wire.query import Condition, in_order, sort_keys
from tillroll.dialects.emporix.wire.resource_lists import SCANNED_DOCUMENTS_MAX
from tillroll.dialects.emporix.wire.resources import Document, created, read_document
from tillroll.dialects.emporix.wire.secured import Call, admit, back_office, secured
from tillroll.dialects.http import JSON_CONTENT, Inbound, Malformed, Problem, Response, Route
from tillroll.domain.customers.customer import CustomerDocument, Profile, login_name
from tillroll.engine.customers import customers
from tillroll.engine.customers.companies import companies_of, companies_of_many, forget_customer
from tillroll.engine.customers.customers import NewCustomer, StoredCustomer
from tillroll.store import Transaction
from tillroll.store.group_commit import Within

PAGE_SIZE = 60
_SCAN_PAGE = 1000
_READ = back_office("customer.customer_read", "customer.customer_manage")
_MANAGE = back_office("customer.customer_manage")
_ID = re.compile(r"[a-zA-Z0-9_-]{1,66}")


class PreparedCustomer(Struct):
    """A customer that the back office brings, whose password has become a hash."""

    document: Document
    new_hash: str | None = None


def routes(desk: LoginDesk) -> list[Route]:
    """The routes of customers. The address of one is in `customers.addresses`."""
    many = "/customer/{tenant}/customers"
    one = many + "/{customerNumber}"
    door = _Door(desk)
    create, put = secured(CUSTOMER, _MANAGE, _create), secured(CUSTOMER, _MANAGE, _put)
    return [
        Route("GET", many, secured(CUSTOMER, _READ, _show_page), CUSTOMER, reads=reads_of_list),
        Route("POST", many, create, CUSTOMER, _read_new, True, keeps_answers=False, prepare=door.prepare),
        Route("GET", one, reading(_READ, _show), CUSTOMER),
        Route("PUT", one, put, CUSTOMER, _read_new, True, keeps_answers=False, prepare=door.prepare),
        Route("PATCH", one, changing(_MANAGE, _patch), CUSTOMER, read_document, True, MERGE_PATCH),
        Route("DELETE", one, secured(CUSTOMER, _MANAGE, _remove), CUSTOMER, writes=True),
    ]


class _Door:
    def __init__(self, desk: LoginDesk) -> None:
        self._desk = desk

    async def prepare(self, store: Within, inbound: Inbound) -> Response | None:
        """Hash the initial password, where there is one and the caller may set it."""
        asked: PreparedCustomer = inbound.command
        password = asked.document.pop("password", None)
        if password is None:
            return None
        refused = await store.read(_refused, inbound)
        if refused is not None:
            return refused.response()
        asked.new_hash = await self._desk.passwords.hash(password, inbound.remote)
        return None


def _refused(tx: Transaction, inbound: Inbound) -> Refusal | None:
    admitted = admit(tx, CUSTOMER, _MANAGE, inbound)
    return admitted if isinstance(admitted, Refusal) else None


def _read_new(inbound: Inbound) -> PreparedCustomer:
    document = read_document(inbound)
    id, password = inbound.values.get("customerNumber", document.get("id")), document.get("password")
    refuse_if(
        [
            _id_problem(id),
            None
            if password is None
            else password_problem("password", password)
            if isinstance(password, str)
            else Problem("password", "invalid_value", "password must be a text"),
            *(
                Problem(name, "invalid_value", f"{name} must be true or false")
                for name in ("active", "onHold")
                if not isinstance(document.get(name, True), bool)
            ),
        ]
    )
    return PreparedCustomer({**document, "id": id})


def _id_problem(id: object) -> Problem | None:
    if id is None or (isinstance(id, str) and _ID.fullmatch(id)):
        return None
    return Problem("id", "invalid_value", f"id must match ^{_ID.pattern}$")


def _create(tx: Transaction, call: Call) -> Reply:
    """POST: 201 `{id}`; 409 where the e-mail or the id is somebody's."""
    asked: PreparedCustomer = call.inbound.command
    profile: Profile = as_struct(Profile, asked.document)
    refuse_if([email_problem("contactEmail", profile.contact_email or ""), *profile_problems("", profile)])
    document = CustomerDocument(profile)
    refuse_if([size_problem(document)])
    email, flags = profile.contact_email or "", asked.document
    new = NewCustomer(
        login_name(email),
        document,
        id=flags["id"] or "",
        password_hash=asked.new_hash,
        password_is_initial=asked.new_hash is not None,
        active=flags.get("active", True),
        on_hold=flags.get("onHold", False),
    )
    id = customers.insert(tx, call.shop, new, call.now)
    if id is not None:
        return created(call, {"id": id}, id if call.inbound.method == "POST" else "")
    if new.id and customers.find(tx, call.shop, new.id) is not None:
        return CUSTOMER.refusal(409, message=f"A customer with the number '{new.id}' already exists.")
    return duplicate_account(call, email)


def _put(tx: Transaction, call: Call) -> Reply:
    """PUT: 204, 201 where the customer was new; 409 for a stale version."""
    id, asked = call.inbound.values["customerNumber"], call.inbound.command
    stored = customers.lock(tx, call.shop, [id]).get(id)
    if stored is None:
        return _create(tx, call)
    if is_stale(stored, asked.document):
        return stale()
    profile: Profile = as_struct(Profile, {**asked.document, "metadata": _mixins_of(asked.document)})
    refuse_if(profile_problems("", profile))
    profile.contact_email = profile.contact_email or stored.document.profile.contact_email
    stored.document.profile = profile
    _set_flags(stored, asked.document)
    refuse_if([size_problem(stored.document)])
    if asked.new_hash is not None:
        stored.password_hash, stored.password_is_initial = asked.new_hash, True
        customers.save_password(tx, call.shop, stored, call.now)
        customers.revoke(tx, call.shop, id)
    customers.save(tx, call.shop, stored, call.now)
    return NO_CONTENT


def _mixins_of(document: Document) -> Document:
    metadata = document.get("metadata")
    return {"mixins": metadata["mixins"]} if isinstance(metadata, dict) and "mixins" in metadata else {}


def _patch(_tx: Transaction, call: Call, stored: StoredCustomer) -> Reply:
    """PATCH: 200; 404; 409 for a stale version. Who is not active any more loses every token."""
    document: Document = call.inbound.command
    if is_stale(stored, document):
        return stale()
    wrong = [name for name in ("active", "onHold") if not isinstance(document.get(name, True), bool)]
    refuse_if([Problem(name, "invalid_value", f"{name} must be true or false") for name in wrong])
    profile = patched(stored.document.profile, document)
    refuse_if(profile_problems("", profile))
    stored.document.profile = profile
    _set_flags(stored, document)
    return OK


def _set_flags(stored: StoredCustomer, document: Document) -> None:
    stored.active = document.get("active", stored.active)
    stored.on_hold = document.get("onHold", stored.on_hold)


def _remove(tx: Transaction, call: Call) -> Reply:
    """DELETE: 202, and the tokens are gone with the customer; 404. What was bought stays in the orders."""
    id = call.inbound.values["customerNumber"]
    if not customers.remove(tx, call.shop, id):
        return missing(call)
    forget_customer(tx, call.shop, id)
    return Response(202, b"", ())


def _show(tx: Transaction, call: Call, stored: StoredCustomer) -> Response:
    """GET: 200; 404."""
    companies = companies_of(tx, call.shop, stored.id)
    return respond(200, view.for_seller(stored, call.inbound.query.get("expand", ""), companies))


def _show_page(tx: Transaction, call: Call) -> Response:
    """GET: 200, a page by `q` and `sort`, in order of creation unless sorted."""
    asked, query = paging(call.inbound, PAGE_SIZE), call.inbound.query
    wanted, order = filters.shop_conditions(tx, call.shop, query.get("q", "")), sort_keys(query.get("sort", ""))
    if wanted or order:
        found = _select(tx, call, wanted)
        documents = [(one, told(view.for_seller(one))) for one in found]
        kept = [pair for pair in documents if all(condition.holds(pair[1]) for condition in wanted)]
        ordered = in_order(kept, order, ()) if order else [one for one, _ in kept]
        page, total = ordered[asked.offset : asked.offset + asked.size], len(ordered)
    else:
        page = customers.page(tx, call.shop, limit=asked.size, offset=asked.offset)
        total = customers.count(tx, call.shop) if asked.total else 0
    companies = companies_of_many(tx, call.shop, [one.id for one in page])
    expand = query.get("expand", "")
    shown = [view.for_seller(one, expand, companies.get(one.id, ())) for one in page]
    headers = [JSON_CONTENT, (b"count", b"%d" % len(shown))]
    if asked.total:
        headers.append((b"x-total-count", b"%d" % total))
    return Response(200, encode(shown), tuple(headers))


def _select(tx: Transaction, call: Call, wanted: Sequence[Condition]) -> list[StoredCustomer]:
    """The customers that could fulfil these conditions: by an index where one names them, else all."""
    for condition in wanted:
        named = filters.named_values(condition)
        if named is None or len(named) != 1:
            continue
        (value,) = named
        if condition.path == ("contactEmail",):
            return customers.find_by_contact(tx, call.shop, value, limit=_SCAN_PAGE)
        if condition.path in (("id",), ("customerNumber",)):
            return [one for one in [customers.find(tx, call.shop, value)] if one is not None]
        if condition.path in (("email",), ("accounts", "id")):
            return [one for one in [customers.find_by_email(tx, call.shop, login_name(value))] if one is not None]
    if customers.count(tx, call.shop) > SCANNED_DOCUMENTS_MAX:
        message = f"there are more than {SCANNED_DOCUMENTS_MAX} customers: ask by contactEmail, email or id"
        raise Malformed([Problem("q", "invalid_query_parameter", message)])
    return [
        one
        for offset in range(0, SCANNED_DOCUMENTS_MAX, _SCAN_PAGE)
        for one in customers.page(tx, call.shop, limit=_SCAN_PAGE, offset=offset)
    ]
