"""What the fuzz stands on: a shop where everything exists, its tokens and ids, and a request with some of them in it.

    generated case ──► plant(): tokens, and here and there an id that exists ──► the server ──► check()

Without ids that exist, no generated request would get beyond a 404.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.bodies import body_makers, changed
from tests.shop import Shop, succeeded

AnyCase = Case[Any]
Encode = Callable[[Any], tuple[Any, str]]
AnyOperation = APIOperation[Any, Any, Any, Any]

LONG_PROFILE = "fuzz"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

# Reading comes first, deleting last, so that there is something to read.
ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# What stands in for what is generated: whole where it names something, else as often as not.
PLANTED_LEVELS_MAX = 8


class Ground(NamedTuple):
    """A shop, its tokens by scheme, and the values that exist there, by the name of their field."""

    shop: Shop
    tokens: dict[str, list[str]]
    known: dict[str, list[Any]]
    by_place: dict[str, list[str]]
    """Ids that path parameters called `id` may have, by the segment that stands before them."""
    makers: dict[tuple[str, str], Callable[[], Any]]
    session: requests.Session
    headers: dict[str, tuple[str, str]]
    """Keys that go into headers of their own, by scheme."""
    encoders: dict[tuple[str, str], Encode]
    """What makes of a body that would be accepted the one that is sent, where that is no JSON."""


def grounded(shop: Shop) -> Ground:
    """A shop with one of everything, and several of what calls use up."""
    standard = shop.standard()
    coupon = shop.coupon("SAVE10")
    guests = [shop.guest(siteCode="main", currency="EUR", targetLocation="DE") for _ in range(3)]
    carts = [shop.cart(guest, ["mug", "tea"]) for guest in guests]
    buyer = shop.guest()
    order = succeeded(shop.checkout(buyer, shop.order_request(shop.cart(buyer, ["mug"]))), 200)["orderId"]
    schema = {"id": "fields", "types": ["CUSTOMER"], "definition": {"type": "object"}}
    succeeded(shop.service.post(f"/schema/{shop.name}/schemas", json=schema), 201)
    setting = {"key": "maxNumberOfCouponsPerCart", "value": 2}
    succeeded(shop.service.post(f"/configuration/{shop.name}/configurations", json=setting), 201)
    shop.stock("mug", 1000)
    customer = shop.customer()
    session = requests.Session()
    session.trust_env = False
    return Ground(
        shop,
        {
            "backOffice": [shop.service_token()],
            "guest": [token_of(guest) for guest in (*guests, buyer)],
            "customer": [token_of(customer)],
            "nativeKey": [shop.credentials["native"]["api_key"]],
        },
        {
            "tenant": [shop.name],
            "site": [standard.site],
            "siteCode": [standard.site],
            "siteCodes": [[standard.site]],
            "productId": standard.products,
            "cartId": carts,
            "itemId": ["0", "1"],
            "itemYrn": [f"urn:yaas:hybris:product:product:{shop.name};{one}" for one in standard.products],
            "priceId": [price for price, _, _ in shop.prices.values()],
            "priceModelId": [standard.price_model],
            "zone": [standard.zone],
            "zoneId": [standard.zone],
            "methodId": [standard.method],
            "code": [coupon, "main", "mug"],
            "key": [setting["key"]],
            "currency": ["EUR"],
            "targetCurrency": ["EUR"],
            "countryCode": ["DE"],
            "country": ["DE"],
            "client_id": [shop.credentials["emporix"]["client_id"]],
            "client_secret": [shop.credentials["emporix"]["client_secret"]],
            "discountIndex": ["0"],
            "customerNumber": [customer.customer_id],
            "customerId": [customer.customer_id],
            "email": [customer.email],
            "password": [customer.password],
        },
        {
            "sites": [standard.site],
            "taxes": ["DE"],
            "products": standard.products,
            "priceModels": [standard.price_model],
            "prices": [price for price, _, _ in shop.prices.values()],
            "zones": [standard.zone],
            "methods": [standard.method],
            "schemas": ["fields"],
            "orders": [order],
            "salesorders": [order],
        },
        body_makers(shop),
        session,
        {},
        {},
    )


def token_of(client: Any) -> str:
    """The token that a client sends."""
    return str(client.headers["authorization"]).partition(" ")[2]


def examples(few: int, many: int) -> settings:
    """How long to look: a few examples with every run of the tests, always the same; many where it is asked for."""
    is_long = settings.get_current_profile_name() == LONG_PROFILE
    return settings(
        max_examples=many if is_long else few,
        derandomize=not is_long,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate) if not is_long else tuple(Phase),
        suppress_health_check=list(HealthCheck),
    )


def cases(operation: AnyOperation) -> st.SearchStrategy[AnyCase]:
    """Valid requests of an operation, and for every two of them one that is not."""
    valid: st.SearchStrategy[AnyCase] = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not operation.body and not list(operation.iter_parameters()):
        return valid  # nothing about such a request can be invalid
    return st.one_of(valid, valid, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))


def operations_of(document: Mapping[str, Any], wanted: Callable[[str], bool]) -> list[AnyOperation]:
    """The operations whose path is wanted, in an order in which they find something to work on."""
    schema = schemathesis.openapi.from_dict(dict(document))
    found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    return sorted(
        (one for one in found if wanted(one.path)),
        key=lambda one: (ORDER.index(one.method.upper()), one.path.count("{")),
    )


def plant(data: st.DataObject, ground: Ground, case: AnyCase) -> None:
    """Put values that exist where the generated ones name nothing."""
    coins = st.booleans()
    case.path_parameters = dict(case.path_parameters or {})
    for name in case.path_parameters:
        if name == "tenant" and data.draw(st.sampled_from([True] * 15 + [False])):
            case.path_parameters[name] = ground.shop.name
        elif name != "tenant" and data.draw(coins):
            known = _known_at(ground, case.path, name)
            if known:
                case.path_parameters[name] = data.draw(st.sampled_from(known))
    operation = (case.method.upper(), case.path)
    make = ground.makers.get(operation)
    if make is not None and data.draw(coins):
        encode = ground.encoders.get(operation, lambda body: (body, "application/json"))
        case.body, case.media_type = encode(changed(data, make()))
        return
    case.body = _planted(data, ground, case.body, 0)
    if isinstance(case.query, dict):
        case.query = _planted(data, ground, case.query, 0)


def _known_at(ground: Ground, path: str, name: str) -> Sequence[Any]:
    segments = path.split("/")
    before = segments[segments.index(f"{{{name}}}") - 1]
    return ground.by_place.get(before, ()) if name == "id" else ground.known.get(name, ())


def _planted(data: st.DataObject, ground: Ground, value: Any, level: int) -> Any:
    if level > PLANTED_LEVELS_MAX:
        return value
    if isinstance(value, list):
        return [_planted(data, ground, one, level + 1) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: data.draw(st.sampled_from(ground.known[name]))
        if name in ground.known and data.draw(st.booleans())
        else _planted(data, ground, inner, level + 1)
        for name, inner in value.items()
    }


def authorization(data: st.DataObject, ground: Ground, operation: AnyOperation) -> dict[str, str]:
    """The header of somebody who may call this operation."""
    wanted = [name for one in operation.definition.raw.get("security", []) for name in one]
    schemes = [name for name in wanted if name in ground.tokens]
    if not schemes:
        return dict(ground.headers[name] for name in wanted if name in ground.headers)
    token = data.draw(st.sampled_from([token for scheme in schemes for token in ground.tokens[scheme]]))
    return {"Authorization": f"Bearer {token}"}


def check(case: AnyCase, ground: Ground, headers: Mapping[str, str]) -> requests.Response | Any:
    """Send a request, and fail unless the answer is one that the description has."""
    response = case.call(base_url=ground.shop.url, session=ground.session, headers=dict(headers))
    case.validate_response(response, checks=CHECKS)
    if response.content and response.status_code >= 400 and "json" in response.headers.get("content-type", ""):
        said_status(response.status_code, response.json())
    return response


def said_status(status: int, body: Any) -> None:
    """Fail where an error's body names another status than the answer has."""
    said = body.get("error", body) if isinstance(body, dict) and isinstance(body.get("error"), dict) else body
    named = [said[name] for name in ("status", "code") if isinstance(said.get(name), int)]
    assert set(named) <= {status}, body


def services(document: Mapping[str, Any]) -> Iterable[str]:
    """The services of a document, by the first segment of their paths."""
    return sorted({path.split("/")[1] for path in document["paths"]})
