"""What the fuzz of the inventory stands on: items, their owner with a key and a cookie, an application with a grant.

Without them, every request to Scout's routes would end at 401 or 403, or at the login page.
"""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

from tests.fuzz.ground import Encode, Ground
from tests.harness import Server, save_redirect_uri
from tests.owner import REDIRECT, SAMPLE, Application, Owner, new_key
from tests.shop import succeeded
from tests.staff import Told, let_in

FORM = "application/x-www-form-urlencoded"
SHEET = ("item_id", "name", "size", "currency", "purchase_price", "date", "tags", "state", "state_amount", "state_date")


@contextmanager
def with_inventory(ground: Ground, server: Server) -> Iterator[Ground]:
    """The ground, and on it an owner, their items, and the shop's application, which may post for them."""
    keys = ground.shop.credentials["scout"]
    save_redirect_uri(server.database_url, keys["client_id"], REDIRECT)
    with (
        Owner(ground.shop.url) as owner,
        Application(ground.shop.url, keys["client_id"], keys["api_key"]) as application,
    ):
        grant = application.granted(owner.sign_up(f"user-{token_hex(6)}"))
        for number in range(3):
            assert application.post(grant.post(order_id=str(number))).status_code == 200
        key = new_key(owner)
        bearer = {"authorization": f"Bearer {key}"}
        items = [one["id"] for one in succeeded(owner.client.get("/v1/inventory", headers=bearer), 200)["items"]]
        ground.session.cookies.set("tillroll_session", owner.client.cookies["tillroll_session"])
        let_in(server, ground.shop.name, owner.name, "admin")
        sales = _sales(ground)
        known: dict[str, list[Any]] = {
            "shop": [ground.shop.name],
            "receipt": ["0" * 32],
            "sales": sales,
            "token": [owner.token("/account")],
            "user_id": [grant.user_id],
            "access_token": [grant.access_token],
            "redirect_uri": [REDIRECT],
            "scopes": ["checkouts", "checkouts,username"],
            "client_id": [*ground.known["client_id"], keys["client_id"]],
        }
        makers, encoders = _bodies(application, owner, grant.post, items)
        yield ground._replace(
            tokens={**ground.tokens, "ownerKey": [key]},
            headers={"applicationKey": ("x-api-key", keys["api_key"])},
            known={**ground.known, **known},
            by_place={**ground.by_place, "items": items, "sales": sales},
            makers={**ground.makers, **makers},
            encoders=encoders,
        )


def _sales(ground: Ground) -> list[str]:
    """The ids of the shop's sales, once they have followed what was bought."""
    api = Told(ground.shop)
    api.settle()
    return [one["id"] for one in api.get("/v1/sales")["items"]]


def _bodies(
    application: Application, owner: Owner, post: Callable[[], dict[str, Any]], items: list[str]
) -> tuple[dict[tuple[str, str], Callable[[], Any]], dict[tuple[str, str], Encode]]:
    """Bodies that would be accepted, and how those that are no JSON are written."""
    token = owner.token("/account")
    entry = {
        "token": token,
        "name": "Cap",
        "currency": "usd",
        "purchase_price": "9.50",
        "date": "2026-01-02",
        "tax": "1",
    }
    step = {"state": "sold", "amount": 20000, "currency": "eur", "time": SAMPLE["checkout_time"] + 100_000}
    row = dict.fromkeys(SHEET, "") | {"name": "Cap", "currency": "usd", "purchase_price": "1", "date": "2026-01-02"}
    rows = [{**row, "state": "sold", "state_amount": "2", "state_date": "2026-02-01"}, {**row, "item_id": items[0]}]

    def code() -> dict[str, Any]:
        return {"code": application.code(owner), "redirect_uri": REDIRECT}

    def copies(body: Any) -> Callable[[], Any]:
        return lambda: [{**one} for one in body] if isinstance(body, list) else {**body}

    goods = copies({**SAMPLE, "tags": ["a", "b"]})
    json = {
        **{("POST", path): post for path in ("/ingest", "/checkout")},
        ("POST", "/api/v1/oauth/token"): code,
        ("POST", "/v1/inventory/items"): goods,
        ("PUT", "/v1/inventory/items/{id}"): goods,
        ("POST", "/v1/inventory/items/{id}/steps"): copies(step),
    }
    forms = {
        ("POST", "/inventory/new"): copies(entry),
        ("POST", "/inventory/items/{id}/edit"): copies(entry),
        ("POST", "/inventory/items/{id}/state"): copies(
            {"token": token, "state": "sold", "amount": "20", "currency": "usd", "date": "2026-01-02"}
        ),
    }
    sale = "/dashboard/{shop}/sales/{id}"
    forms |= {
        ("POST", f"{sale}/refund"): copies({"token": token, "amount": "1", "reason": "late", "product": ""}),
        ("POST", f"{sale}/merge"): copies({"token": token, "sales": "s1 s2"}),
        ("POST", f"{sale}/split"): copies({"token": token, "report-1": "1"}),
        ("POST", f"{sale}/undo"): copies({"token": token, "decision": "dec_1"}),
        ("POST", "/dashboard/{shop}/people/role"): copies({"token": token, "name": owner.name, "role": "admin"}),
        ("POST", "/dashboard/{shop}/people/remove"): copies({"token": token, "name": owner.name}),
    }
    sheets = {("POST", "/v1/inventory/sheet"): copies(rows)}
    encoders: dict[tuple[str, str], Encode] = {**dict.fromkeys(forms, _form), **dict.fromkeys(sheets, _sheet)}
    return {**json, **forms, **sheets}, encoders


def _form(body: Any) -> tuple[Any, str]:
    fields = body if isinstance(body, dict) else {"body": body}
    return {name: str(value) for name, value in fields.items()}, FORM


def _sheet(body: Any) -> tuple[Any, str]:
    rows = [row if isinstance(row, dict) else {"name": row} for row in body] if isinstance(body, list) else []
    buffer = io.StringIO(newline="")
    write = csv.DictWriter(buffer, SHEET, extrasaction="ignore", restval="")
    write.writeheader()
    write.writerows(rows)
    return buffer.getvalue(), "text/csv"
