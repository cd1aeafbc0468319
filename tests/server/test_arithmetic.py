"""A library that sets another decimal context for its thread, or for all threads to come, changes no amount."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.harness import Server, new_shop, run_cli
from tests.shop import NO_CERTIFICATES, Shop

# Five digits, rounded up, for every thread: what `decimal.getcontext().prec = 5` of some package would do.
_NARROW = """
import decimal, runpy, sys
decimal.DefaultContext.prec, decimal.DefaultContext.rounding = 5, decimal.ROUND_UP
decimal.setcontext(decimal.DefaultContext.copy())
assert decimal.Decimal("1234567.89") + 0 == 1234600
sys.argv[0] = "tillroll"
runpy.run_module("tillroll", run_name="__main__")
"""
SETTLED_SECONDS_MAX = 30


class NarrowServer(Server):
    """A server whose process has a narrow context everywhere."""

    def _begun(self, arguments: list[str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", _NARROW, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self._environment,
            start_new_session=True,
        )


@pytest.fixture
def narrow_server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    server = NarrowServer(database_url, workers=1, settings={}, log_file=tmp_path / "server.log")
    server.start()
    try:
        yield server
    finally:
        server.stop()
    server.check_log()


def settled(ask: Callable[[], Any]) -> Any:
    """What is answered as soon as the ledger's followers have come to it."""
    until = time.monotonic() + SETTLED_SECONDS_MAX
    while not (found := ask()):
        assert time.monotonic() < until
        time.sleep(0.1)
    return found


def test_amounts_are_the_same_whatever_context_the_threads_have(narrow_server: Server) -> None:
    with new_shop(narrow_server) as shop, native(shop) as asked:
        order = bought(shop)
        assert order["totalPrice"] == 3246508.14
        assert order["calculatedPrice"]["price"]["grossValue"] == 3703727.47
        calculated = {"targetLocation": {"countryCode": "DE"}, "targetTaxClass": "STANDARD"}
        taxed = shop.service.put(
            f"/tax/{shop.name}/taxes/calculation-commands",
            json={"commandUuid": "x", "input": {**calculated, "price": 1234567.89, "includesTax": True}},
        )
        assert taxed.json()["output"]["netPrice"] == 1037452.0084033613
        (sale,) = settled(lambda: asked.get("/v1/sales").json()["items"])
        assert (sale["total_minor"], sale["currency"]) == (324650814, "EUR")
        given_back = asked.post(f"/v1/sales/{sale['id']}/refunds", json={"amount_minor": 123456789})
        assert given_back.status_code == 201
        report = settled(lambda: refunded(asked))
        assert (report["total_minor"], report["net_minor"]) == (324650814, 201194025)
    done = run_cli("audit", "--deep", database_url=narrow_server.database_url)
    assert done.returncode == 0, done.stdout


def bought(shop: Shop) -> dict[str, Any]:
    """An order of three yachts and two mugs with a coupon, as a back office sees it."""
    shop.standard()
    shop.price(shop.product("yacht"), "1234567.89")
    shop.stock("yacht", 5)
    shop.coupon("TEN", percent="12.345")
    guest = shop.guest()
    cart = shop.cart(guest, [("yacht", 3), ("mug", 2)])
    assert guest.post(f"/cart/{shop.name}/carts/{cart}/discounts", json={"code": "TEN"}).status_code == 201
    answer = shop.checkout(guest, shop.order_request(cart))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = shop.service.get(f"/order-v2/{shop.name}/salesorders/{answer.json()['orderId']}").json()
    return found


def native(shop: Shop) -> httpx.Client:
    """A client of our own API."""
    key = {"authorization": f"Bearer {shop.credentials['native']['api_key']}"}
    return httpx.Client(base_url=shop.url, headers=key, trust_env=False, verify=NO_CERTIFICATES, timeout=30)


def refunded(asked: httpx.Client) -> Any:
    """The report, once the refund is in it."""
    report = asked.get("/v1/reports/revenue", params={"by": "source"}).json()
    return report if report["refunds_minor"] else None
