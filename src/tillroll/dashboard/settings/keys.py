"""The shop's keys and its applications: secrets are shown once, in the answer that makes them."""

from tillroll.dashboard.office import Staff
from tillroll.dashboard.settings.outcomes import Done, Outcome, Work, Wrong, field
from tillroll.dialects.http import new_secret
from tillroll.engine.access.access import NATIVE, SERVICE, STOREFRONT, hash_of
from tillroll.engine.access.native_keys import SCOPES, identifier_of
from tillroll.engine.inventory import applications
from tillroll.engine.inventory.applications import Application
from tillroll.engine.inventory.users import NAME_CHARACTERS_MAX
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import NewKey

SEARCH = "doofinder"
# What a key may be for, and what that is.
KINDS = {
    "native": "Tillroll's own API: reports, reads, asks for figures",
    "emporix": "a back office: a client id and a secret",
    "storefront": "a storefront: a client id without a secret",
    SEARCH: "the shop's search",
}
_ZONE = "eu1-"


def create_key(staff: Staff) -> Outcome:
    """A key beside those that the shop has."""
    kind = field(staff, "kind")
    if kind not in KINDS:
        return Wrong({"kind": f"A key is for one of {', '.join(KINDS)}."})
    scopes = [scope for scope in SCOPES if staff.visit.form.get(f"scope-{scope}")]
    if kind == NATIVE and not scopes:
        return Wrong({"scopes": "Choose what the key may do: at least one thing."})
    new, shown = _new_key(kind, " ".join(scopes))
    shops.add_key(staff.tx, staff.shop, new, staff.visit.now)
    return Done(f"A key for {kind} was created: {new.identifier}.", shown)


def _new_key(kind: str, scopes: str) -> tuple[NewKey, dict[str, str]]:
    identifier, secret = new_identifier(), new_secret()
    if kind == NATIVE:
        return NewKey(NATIVE, identifier_of(secret), secret, scopes), {"API key": secret}
    if kind == STOREFRONT:
        return NewKey(STOREFRONT, identifier), {"Client id": identifier}
    if kind == SEARCH:
        secret = _ZONE + hash_of(secret)[:40]
        return NewKey(SEARCH, identifier, shops.without_zone(secret)), {"API key": secret}
    new = NewKey(SERVICE, identifier, secret, shops.EVERY_SCOPE)
    return new, {"Client id": identifier, "Client secret": secret}


def new_identifier() -> str:
    """A public identifier: letters and digits only, easy to select and to paste."""
    return hash_of(new_secret())[:22]


def revoke_key(staff: Staff) -> Outcome:
    """Revoke a key, and every token that was issued on it."""
    identifier = field(staff, "identifier")
    if not shops.revoke_key(staff.tx, staff.shop, identifier, staff.visit.now):
        return Wrong({"identifier": "The shop has no live key like that."})
    return Done(f"The key {identifier} was revoked.")


def add_application(staff: Staff) -> Outcome:
    """A program that posts checkouts for users."""
    name, uris = field(staff, "title"), tuple(staff.visit.form.get("redirect_uris", "").split())
    if not name or len(name) > NAME_CHARACTERS_MAX:
        return Wrong({"title": f"A name of 1 to {NAME_CHARACTERS_MAX} characters is needed."})
    for uri in uris:
        if problem := applications.redirect_problem(uri):
            return Wrong({"redirect_uris": f"{uri[:60]}: {problem}."})
    key, repeats = new_secret(), bool(staff.visit.form.get("counts_repeats"))
    scopes = frozenset(applications.SCOPES)
    new = Application(staff.shop, new_identifier(), name, uris, repeats, scopes)
    applications.add(staff.tx, new, key, staff.visit.now)
    return Done(f"The application {name} was added: {new.client_id}.", {"Client id": new.client_id, "API key": key})


def replace_key(staff: Staff) -> Outcome:
    """Another secret key for an application; the old one opens nothing from the next request on."""
    known, key = _own(staff), new_secret()
    if known is None or not shops.replace_key(staff.tx, staff.shop, known.client_id, key):
        return Wrong({"client_id": "The shop has no live application like that."})
    return Done(f"The key of {known.name} was replaced.", {"Client id": known.client_id, "API key": key})


def revoke_application(staff: Staff) -> Outcome:
    """An application posts no more; what it posted stays."""
    known = _own(staff)
    if known is None or not shops.revoke_key(staff.tx, staff.shop, known.client_id, staff.visit.now):
        return Wrong({"client_id": "The shop has no live application like that."})
    return Done(f"The application {known.name} was revoked.")


def _own(staff: Staff) -> Application | None:
    known = applications.by_client_id(staff.tx, field(staff, "client_id"))
    return known if known is not None and known.shop == staff.shop else None


FORMS: dict[str, Work] = {
    "create-key": create_key,
    "revoke-key": revoke_key,
    "add-application": add_application,
    "replace-application-key": replace_key,
    "revoke-application": revoke_application,
}
