"""A Python client that openapi-python-client makes of the running server's document, and what is bought with it."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from tests.harness import Server
from tests.quotes import offered
from tests.shop import NO_CERTIFICATES, Guest, Shop
from tillroll.app import described_routes
from tillroll.dialects.published import document, encoded
from tillroll.settings import Settings

GENERATE_SECONDS_MAX = 100
# The bodies that the generator does not know how to send, and the answers that it does not know how to read.
LEFT_OUT = (
    "Unsupported content type text/csv",
    "Unsupported content type application/x-ndjson",
    "Unsupported content_type image/svg+xml",
)

Make = Callable[[bytes], ModuleType]


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes a client of a document, once for each document."""
    made: dict[str, ModuleType] = {}

    def make(published: bytes) -> ModuleType:
        name = f"made_of_{sha256(published).hexdigest()[:16]}"
        if name not in made:
            made[name] = generate(published, name, tmp_path_factory.mktemp("client"))
        return made[name]

    return make


def generate(published: bytes, name: str, folder: Path) -> ModuleType:
    """The package that the generator makes of a document; fails where it leaves out anything but `LEFT_OUT`."""
    (folder / "openapi.json").write_bytes(published)
    (folder / "settings.yml").write_text("post_hooks: []\n")  # nobody reads it: it need not look well
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--path", "openapi.json"]
    command += ["--config", "settings.yml", "--output-path", name]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=GENERATE_SECONDS_MAX, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert said.count("WARNING") == sum(said.count(one) for one in LEFT_OUT), said
    sys.path.insert(0, str(folder))
    return importlib.import_module(name)


def document_of(server: Server) -> bytes:
    """What the server publishes; its address is left out, so that one client serves for all servers."""
    answer = httpx.get(f"{server.url}/openapi.json", trust_env=False, verify=NO_CERTIFICATES)
    assert answer.status_code == 200, answer.text
    return answer.content.replace(server.url.encode(), b"http://127.0.0.1:8080")


class Caller:
    """A generated client that is somebody: calls by the name of their service and of their operation."""

    def __init__(self, package: ModuleType, who: Guest, url: str) -> None:
        self.package = package
        self.models: Any = importlib.import_module(f"{package.__name__}.models")
        token = str(who.headers["authorization"]).removeprefix("Bearer ")
        self.client = package.AuthenticatedClient(
            base_url=url, token=token, verify_ssl=NO_CERTIFICATES, httpx_args={"trust_env": False}
        )

    def call(self, operation: str, status: int, *arguments: object, **named: object) -> Any:
        """What an operation answers, decoded; fails where it has another status."""
        module: Any = importlib.import_module(f"{self.package.__name__}.api.{operation}")
        answer = module.sync_detailed(*arguments, client=self.client, **named)
        assert answer.status_code == status, answer.content
        return answer.parsed

    def invoice(self) -> list[Any]:
        """To be paid by invoice."""
        return [self.models.CheckoutPaymentMethod(provider="none", method="invoice")]


@pytest.fixture
def caller(shared_server: Server, generated: Make) -> Iterator[Callable[[Guest], Caller]]:
    """Makes a generated client that is somebody, on the shared server."""
    made: list[Caller] = []

    def make(who: Guest) -> Caller:
        made.append(Caller(generated(document_of(shared_server)), who, shared_server.url))
        return made[-1]

    yield make
    for one in made:
        one.client.get_httpx_client().close()


def test_the_document_is_valid() -> None:
    whole = json.loads(encoded(document(*described_routes(Settings()), version="0")))
    validate(whole)
    with pytest.raises(Exception, match=r"version. is a required property"):
        validate({**whole, "info": {"title": "Tillroll"}})


def test_a_guest_buys_a_cart_with_a_generated_client(shop: Shop, caller: Callable[[Guest], Caller]) -> None:
    standard = shop.standard()
    somebody = caller(shop.guest())
    models = somebody.models
    cart = somebody.call(
        "carts.post_cart_tenant_carts", 201, shop.name, body=models.CartNewCart(currency="EUR", site_code=standard.site)
    )
    price_id, amount, currency = shop.prices["mug"]
    price = models.CartNewItemPrice(
        price_id=price_id, original_amount=float(amount), effective_amount=float(amount), currency=currency
    )
    item = models.CartNewItem(item_yrn=f"urn:yaas:hybris:product:product:{shop.name};mug", quantity=2.0, price=price)
    somebody.call("carts.post_cart_tenant_carts_cart_id_items", 201, shop.name, cart.cart_id, body=item)
    shown = somebody.call("carts.get_cart_tenant_carts_cart_id", 200, shop.name, cart.cart_id)
    assert [(line.quantity, line.item_price.amount) for line in shown.items] == [(2.0, 23.8)]
    address = {"contact_name": "Ada Byron", "street": "Torstrasse", "zip_code": "10115", "city": "Berlin"}
    zone, fee, name = shop.methods[standard.method]
    request = models.CheckoutBuyCart(
        cart_id=cart.cart_id,
        customer=models.CheckoutCustomer(email="ada@example.com", first_name="Ada", guest=True),
        shipping=models.CheckoutShippingChoice(
            method_id=standard.method, zone_id=zone, method_name=name, amount=float(fee)
        ),
        addresses=[models.CheckoutAddress(**address, country="DE", type_=type) for type in ("SHIPPING", "BILLING")],
        payment_methods=somebody.invoice(),
    )
    placed = somebody.call("checkout.post_checkout_tenant_checkouts_order", 200, shop.name, body=request)
    again = somebody.call("checkout.post_checkout_tenant_checkouts_order", 409, shop.name, body=request)
    assert placed.order_id in again.message
    order = somebody.call("orders.get_order_v2_tenant_orders_id", 200, shop.name, placed.order_id)
    assert [(entry.product.id, entry.amount) for entry in order.entries] == [("mug", 2.0)]
    assert order.total_price == 29.63  # two mugs at 11.90, and shipping at 4.90 with its tax


def test_a_customer_buys_a_quote_with_a_generated_client(shop: Shop, caller: Callable[[Guest], Caller]) -> None:
    shop.standard()
    customer = shop.customer(contactPhone="1")
    address = {"contactName": "Ada Byron", "street": "Torstrasse", "zipCode": "10115", "city": "Berlin"}
    address |= {"country": "DE"}
    added = customer.post(f"/customer/{shop.name}/me/addresses", json=address | {"tags": ["BILLING", "SHIPPING"]})
    assert added.status_code == 201, added.text
    quote_id = offered(shop, customer)
    somebody = caller(customer)
    request = somebody.models.CheckoutBuyQuote(quote_id=quote_id, payment_methods=somebody.invoice())
    operation = "checkout.post_checkout_tenant_checkouts_order"
    placed = somebody.call(operation, 200, shop.name, body=request, saas_token=customer.saas_token)
    quote = somebody.call("quotes.get_quote_tenant_quotes_id", 200, shop.name, quote_id)
    assert quote.order_id == placed.order_id
    assert quote.status.value.value == "ACCEPTED"


def test_a_generated_client_reads_a_refusal(shop: Shop, caller: Callable[[Guest], Caller]) -> None:
    somebody = caller(shop.guest())
    refused = somebody.call("carts.get_cart_tenant_carts_cart_id", 404, shop.name, "nobody")
    assert refused.message == "Cart with code nobody not found."
