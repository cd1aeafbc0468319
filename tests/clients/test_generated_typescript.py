"""A storefront in TypeScript, with types that openapi-typescript makes of the published document, buys."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.npm import run_script
from tests.quotes import buyer, offered
from tests.shop import Guest, Shop
from tillroll.app import described_routes
from tillroll.dialects.published import document, encoded
from tillroll.settings import Settings

SOURCE = Path(__file__).parent / "shop.ts"
STEP_SECONDS_MAX = 100
COMPILE = ("tsc", "--strict", "--target", "es2022", "--module", "commonjs", "--lib", "es2022,dom", "shop.ts")


def run(node_modules: Path, folder: Path, *command: str) -> str:
    """What an installed program prints; fails where it is not content."""
    program = node_modules / ".bin" / command[0]
    done = subprocess.run(
        [str(program), *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=STEP_SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def token_of(client: Guest) -> str:
    """What a client logs in with."""
    return str(client.headers["authorization"]).removeprefix("Bearer ")


@pytest.fixture(scope="session")
def storefront(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the compiled storefront; its types are of the document, which is the same on every server."""
    folder = tmp_path_factory.mktemp("storefront")
    (folder / "openapi.json").write_bytes(encoded(document(*described_routes(Settings()), version="0")))
    (folder / "node_modules").symlink_to(node_modules)
    shutil.copy(SOURCE, folder)
    run(node_modules, folder, "openapi-typescript", "openapi.json", "--output", "published.d.ts")
    run(node_modules, folder, *COMPILE)
    return folder


def test_a_storefront_with_generated_types_buys_a_cart_and_a_quote(shop: Shop, storefront: Path) -> None:
    standard = shop.standard()
    guest, customer = shop.guest(), buyer(shop)
    price_id, amount, _ = shop.prices["mug"]
    said = run_script(
        storefront / "node_modules",
        'require("./shop.js")',
        ORIGIN=shop.url,
        TENANT=shop.name,
        SITE=standard.site,
        PRICE_ID=price_id,
        AMOUNT=str(amount),
        GUEST=token_of(guest),
        CUSTOMER=token_of(customer),
        SAAS_TOKEN=customer.saas_token,
        QUOTE=offered(shop, customer),
    )
    orders = json.loads(said)
    totals = [shop.service.get(f"/order-v2/{shop.name}/salesorders/{order}").json()["totalPrice"] for order in orders]
    assert totals == [29.63, 17.73]
