"""What the descriptions of Emporix's services share: errors, tokens, paging, localised texts, amounts."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from tillroll.dialects.emporix.wire.amounts import CartPrice, FeeAggregate, LinePrice, Money
from tillroll.dialects.emporix.wire.payload import PAGE_NUMBER_MAX, PAGE_SIZE_MAX
from tillroll.dialects.emporix.wire.secured import TENANT, Secured
from tillroll.dialects.http import Route
from tillroll.dialects.openapi import (
    ANYTHING,
    FLAG,
    TEXT,
    TIME,
    WHOLE,
    Answer,
    Demands,
    Operation,
    Parameter,
    Schema,
    answers,
    both,
    either,
    extended,
    listed,
    mapped,
    nullable,
    partial,
    record,
    ref,
)
from tillroll.engine.access.access import ANONYMOUS, CUSTOMER, SERVICE
from tillroll.engine.shops.shops import EVERY_SCOPE

TENANT_SCHEMA: Schema = {"type": "string", "pattern": TENANT.pattern, "minLength": 3, "maxLength": 16}
CURRENCY: Schema = {"type": "string", "minLength": 3, "maxLength": 3}
COUNTRY: Schema = {"type": "string", "pattern": "^[A-Za-z]{2}$"}
LOCALIZED: Schema = either(TEXT, mapped(TEXT))

_SCHEMES = {SERVICE: "backOffice", ANONYMOUS: "guest", CUSTOMER: "customer"}
_KINDS = {SERVICE: "a back office", ANONYMOUS: "a guest", CUSTOMER: "a customer"}

# What the last word of a scope lets a back office do, and those scopes that are not of this form.
_VERBS = {"read": "Read", "view": "Read", "manage": "Read and change", "redeem": "Redeem"}
_VERBS |= {"create": "Create", "update": "Change", "delete": "Delete", "publish": "Publish"}
_SCOPES_OF_THEIR_OWN = {
    "product.product_read_unpublished": "Read products that are not published",
    "category.category_read_unpublished": "Read categories that are not published",
    "coupon.coupon_redeem_on_behalf": "Redeem coupons for customers",
    "cart.cart_manage_external_prices": "Set prices, fees and discounts of carts from an outside system",
    "quote.quote_manage_own": "Take the steps of a customer's own quote, in the customer's name",
    "order.order_read_le": "Read the orders of a legal entity",
    "order.order_update_completed": "Change orders that are completed",
    "order.history_view": "Read the orders of a customer, in the customer's name",
    "order.order_updateascustomer": "Change orders in a customer's name",
}


def _scopes() -> Iterator[tuple[str, str]]:
    """Each scope that a key can have, and what it lets a back office do."""
    for scope in dict.fromkeys((*EVERY_SCOPE.split(), *_SCOPES_OF_THEIR_OWN)):
        noun, _, verb = scope.partition(".")[2].rpartition("_")
        yield scope, _SCOPES_OF_THEIR_OWN.get(scope) or f"{_VERBS[verb]}: {noun.replace('_', ' ')}"


SCHEMES: Mapping[str, Schema] = {
    "backOffice": {
        "type": "oauth2",
        "description": "The service token of `POST /oauth/token`; any one of the scopes that are named is enough.",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": dict(_scopes())}},
    },
    "guest": {"type": "http", "scheme": "bearer", "description": "The access token of the anonymous login."},
    "customer": {"type": "http", "scheme": "bearer", "description": "The access token of a customer's login."},
}

# Services whose errors are not those of format B.
_FORMATS = {
    **dict.fromkeys(("checkout", "order-v2", "sequential-id", "coupon", "site", "customerlogin"), "ErrorA"),
    "approval": "ErrorApproval",
    "customer": "ErrorCustomer",
    "shipping": "ErrorShipping",
    "payment-gateway": "ErrorD",
    "availability": "ErrorE",
    "oauth": "ErrorOAuth",
}
_TYPE: Schema = {"type": "string", "pattern": "^[a-z]+[a-z_]*[a-z]+$"}
_STATUS: Schema = {"type": "integer", "minimum": 100, "maximum": 599}

# What an address does only so often, unless it is a back office (docs/operating.md).
_SLOWED = frozenset(
    {
        ("POST", "/oauth/token"),
        ("GET", "/customerlogin/auth/anonymous/login"),
        ("GET", "/customerlogin/auth/anonymous/refresh"),
        ("POST", "/customer/{tenant}/signup"),
        ("GET", "/customer/{tenant}/refreshauthtoken"),
        ("POST", "/customer/{tenant}/password/reset"),
        ("POST", "/customer/{tenant}/password/reset/update"),
        ("POST", "/customer/{tenant}/password/reset/confirm"),
        ("GET", "/coupon/{tenant}/coupons/{code}"),
        ("POST", "/coupon/{tenant}/coupons/{code}/validation"),
        ("POST", "/coupon/{tenant}/coupons/{code}/redemptions"),
        ("POST", "/cart/{tenant}/carts/{cartId}/discounts"),
    }
)


def refusal(route: Route, status: int) -> Schema:
    """The shape of an error: format C for every 401, else the format of the route's service."""
    service = route.path.strip("/").partition("/")[0]
    if status == 401 and service != "oauth":
        return ref("GatewayFault")
    return ref(_FORMATS.get(service, "ErrorB"))


def demands(route: Route) -> Demands:
    """Whose tokens a route takes, and how it turns others away."""
    run: object = route.run
    slowed = (429,) if (route.method, route.path) in _SLOWED else ()
    if not isinstance(run, Secured):
        return Demands(refusals=slowed)
    allowed = run.allowed
    kinds = [kind for kind in _KINDS if kind in allowed.kinds]
    scopes = f" with the scope {' or '.join(f'`{scope}`' for scope in allowed.scopes)}" if allowed.scopes else ""
    said = [_KINDS[kind] + (scopes if kind == SERVICE else "") for kind in kinds]
    granted = {_SCHEMES[SERVICE]: allowed.scopes} if SERVICE in kinds else {}
    return Demands([_SCHEMES[kind] for kind in kinds], ", or ".join(said), refusals=(401, 403, *slowed), scopes=granted)


def components() -> dict[str, Schema]:
    """The shapes that more than one service has."""
    detail = record({"field": TEXT, "type": TEXT, "message": TEXT, "moreInfo?": TEXT})
    format_a = {"status": _STATUS, "type": _TYPE, "message": TEXT, "moreInfo": TEXT, "details": listed(detail)}
    code = {"code": _STATUS, "status": TEXT, "message": TEXT, "details?": listed(TEXT)}
    return {
        "ErrorA": record(format_a, note="Format A."),
        "ErrorCustomer": record(
            format_a | {"type": TEXT}, note="Format A, with the customer service's own types for 403 and 404."
        ),
        "ErrorShipping": record(
            {"status": _STATUS, "type": _TYPE, "message": TEXT, "moreInfo?": TEXT, "details?": listed(detail)}
            | {"errorCode?": TEXT},
            note="Format A with a code.",
        ),
        "ErrorB": record(
            code | {"errorCode?": TEXT, "productId?": TEXT, "resourceId?": TEXT},
            note="Format B. The 404s of products and of schemas and quotes repeat the id.",
        ),
        "ErrorD": record({"code": _STATUS, "timestamp": TIME, "message": TEXT}, note="Format D."),
        "ErrorE": record(
            {"code": _STATUS, "message": TEXT, "status?": TEXT}
            | {"_embedded?": record({"errors": listed(record({"message": TEXT}))})},
            note="Format E.",
        ),
        "ErrorOAuth": record({"error": TEXT, "error_description": TEXT}, note="RFC 6749, 5.2."),
        "GatewayFault": record(
            {"fault": record({"faultstring": TEXT, "detail": record({"errorcode": TEXT})})},
            note="Format C: every 401.",
        ),
        "ReadVersion": record({"version": WHOLE}, others=True),
        "Metadata": record(
            {"version": WHOLE, "createdAt?": TIME, "modifiedAt?": TIME},
            others=True,
            note="What the server knows of a document, and `mixins`: where the schemas of its mixins are.",
        ),
        "Fate": record(FATE, note="What became of one element of a bulk call, by its place in the request."),
        **AMOUNTS,
    }


FATE: Mapping[str, Schema] = {
    "index": WHOLE,
    "id?": nullable(TEXT),
    "code": WHOLE,
    "status": TEXT,
    "message?": TEXT,
    "details?": listed(ANYTHING),
}

# Amounts and calculated prices, as carts and orders have them (docs/wire/emporix.md, 6.1 and 7.1).
AMOUNTS = answers("", {"LinePrice": LinePrice, "CartPrice": CartPrice, "FeeAggregate": FeeAggregate, "Money": Money})

MONEY = ref("Money")
TAXED = ref("Taxed")
FATES = listed(ref("Fate"))

# -------------------------------------------------------------------------------------------------------- parameters

Q = Parameter("q", summary="A filter: `code:mug`, `name.en:~pot`, `metadata.version:>=2`, several side by side.")
SORT = Parameter("sort", summary="The order: `name:asc,metadata.version:desc`.")
FIELDS = Parameter("fields", summary="The fields to answer with, separated by commas.")
PARTIAL = Parameter("partial", FLAG, "Whether the body is merged into what is stored.")
COUNT = Parameter("X-Total-Count", FLAG, "`true` asks for the number of all that fit, in a header.", "header")
LANGUAGE = Parameter(
    "Accept-Language", {"type": "string", "pattern": r"^(\*|[A-Za-z]{2})$"}, "`*` asks for texts in all.", "header"
)
TOTAL = {"X-Total-Count": "How many there are, where the request asks for it."}
LOCATION = {"Location": "Where the new resource is."}


def asked_for(parameters: Mapping[str, str]) -> tuple[Parameter, ...]:
    """Query parameters that stand for a path into the document, each with what it compares (see `query.asked`)."""
    said = {"~": "Only those whose `{}` holds this text.", ">": "Only those whose `{}` is after this day."}
    said["<"] = "Only those whose `{}` is before this day."
    return tuple(
        Parameter(name, TEXT, said.get(path[0], "Only those whose `{}` is this.").format(path.lstrip("~<>")))
        for name, path in parameters.items()
    )


def paging(size: int) -> tuple[Parameter, Parameter]:
    """`pageNumber` and `pageSize`, with the service's default size."""
    return (
        Parameter(
            "pageNumber",
            {"type": "integer", "minimum": 1, "maximum": PAGE_NUMBER_MAX, "default": 1},
            "Which page, from 1.",
        ),
        Parameter(
            "pageSize",
            {"type": "integer", "minimum": 1, "maximum": PAGE_NUMBER_MAX, "default": size},
            f"How many stand on a page: {max(PAGE_SIZE_MAX, size)} at most, also where more are asked for.",
        ),
    )


# --------------------------------------------------------------------------------------------------------- documents

STALE = "`metadata.version` is not the latest: read it again, and retry."


def created(schema: Schema) -> Answer:
    """201 with the new id."""
    return Answer("It is created.", schema, LOCATION)


class Documents(Struct, frozen=True):
    """The usual six calls of one kind of document: `noun` says what one is, `name` is its component.

    `updated` is the answer to PUT and PATCH, `deleted` that to DELETE. `put_creates` says that a PUT of something new
    creates it, `needs_version` that both have to say which version they change (`with_versions`); `left_out` are those
    of the six that another module describes, or nobody answers.
    """

    path: str
    name: str
    noun: str
    page_size: int = 60
    id_field: str = "id"
    id_also: Mapping[str, Schema] = {}
    updated: int = 204
    deleted: int = 204
    put_creates: bool = False
    needs_version: bool = False
    filters: Sequence[Parameter] = ()
    left_out: frozenset[str] = frozenset()

    def operations(self) -> list[Operation]:
        """The operations, but for those that are left out."""
        one, new = self.path + "/{id}", created(record({self.id_field: TEXT, **self.id_also}))
        replacement = ref(f"{self.name}Replacement" if self.needs_version else self.name)
        done: dict[int, Answer | Schema | None] = {self.updated: None}
        put = done | ({201: new} if self.put_creates else {})
        wanted = (*self.filters, *paging(self.page_size), COUNT, LANGUAGE)
        found = {
            "create": Operation(
                "POST",
                self.path,
                f"Creates {self.noun}",
                {201: new},
                ref(self.name),
                conflict=f"There is {self.noun} with this id or code already.",
            ),
            "list": listing(self.path, self.noun, self.shown, wanted),
            "show": Operation("GET", one, f"Shows {self.noun}", {200: self.shown}, parameters=(LANGUAGE,)),
            "replace": Operation("PUT", one, f"Replaces {self.noun}", put, replacement, (PARTIAL,), conflict=STALE),
            "change": Operation("PATCH", one, f"Changes {self.noun}", done, ref(f"{self.name}Patch"), conflict=STALE),
            "delete": Operation("DELETE", one, f"Deletes {self.noun}", {self.deleted: None}),
        }
        return [operation for word, operation in found.items() if word not in self.left_out]

    @property
    def shown(self) -> Schema:
        """One of them as it is answered: as it was sent, with its id and what the server knows of it."""
        return both(ref(self.name), record({self.id_field: TEXT, "metadata": ref("Metadata")}, others=True))


def listing(path: str, noun: str, shown: Schema, parameters: Sequence[Parameter]) -> Operation:
    """The GET of a list."""
    answer = Answer("One page.", listed(shown), TOTAL)
    return Operation("GET", path, f"Lists each {noun.partition(' ')[2]}", {200: answer}, parameters=parameters)


def with_patches(found: Mapping[str, Schema], *names: str) -> dict[str, Schema]:
    """These components, and for each of the names its patch, of which every field may be left out."""
    return {**found, **{f"{name}Patch": partial(found[name]) for name in names}}


def with_versions(
    found: Mapping[str, Schema], *, replaced: Sequence[str] = (), patched: Sequence[str] = ()
) -> dict[str, Schema]:
    """These components with replacements and patches of the named ones, which have to say what version they change."""
    wanted = {"metadata": ref("ReadVersion")}
    return {
        **found,
        **{f"{name}Replacement": extended(found[name], wanted, required=("metadata",)) for name in replaced},
        **{f"{name}Patch": extended(partial(found[name]), wanted, required=("metadata",)) for name in patched},
    }
