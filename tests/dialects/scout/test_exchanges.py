"""Every status that Scout documents, in a recorded exchange, byte for byte; and the curl of its reference."""

import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.exchanges import replay
from tests.harness import Server, add_shop, run_cli, running_server
from tests.owner import REDIRECT, Application, Grant, Owner
from tests.shop import Shop
from tests.store.ground import change

FOLDER = Path(__file__).parent / "exchanges"
# These need a server in trouble, and get one of their own.
OF_TROUBLE = ("500", "503")
CASES = sorted(path for path in FOLDER.glob("*.txt") if not path.name.startswith(OF_TROUBLE))

# The example of the reference (seed 003), but for its host, key, user and token.
CURL = r"""curl --request POST \
  --url https://ingest.scoutapp.ai/ingest \
  --header 'content-type: application/json' \
  --header 'x-api-key: yoursecretkey' \
  --data '{
  "order_id": "123124124",
  "purchase_currency": "usd",
  "purchase_price": 15000,
  "tax": 1500,
  "shipping_price": 1000,
  "name": "Nike Air Force 1 Low Off-White",
  "sku": "CI1173-400",
  "size": "1",
  "brand": "Nike",
  "color": "University Blue",
  "store": "Kith",
  "user_id": 1,
  "access_token": "c9e035bef74b804483b7e306 ",
  "checkout_time": 1591086812
}'"""


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_exchange_is_as_recorded(
    application: Application, kith: Shop, owner: Owner, grant: Grant, path: Path
) -> None:
    known = {"key": kith.credentials["scout"]["api_key"], "user": str(grant.user_id), "token": grant.access_token}
    replay(path, kith.url, known | {"name": owner.name, "code": application.code(owner)})


def test_every_documented_status_is_recorded() -> None:
    assert {path.name[:3] for path in FOLDER.glob("*.txt")} == {"200", "400", "403", "404", "422", "500", "503"}


def test_a_fault_of_ours_is_500_and_nothing_is_said_of_it(database_url: str) -> None:
    keys = add_shop(database_url)["scout"]
    done = run_cli("app", "change", keys["client_id"], "--redirect-uri", REDIRECT, database_url=database_url)
    assert done.returncode == 0, done.stderr
    with running_server(database_url) as server:
        server.expect_fault("'/ingest' failed")
        with Application(server.url, keys["client_id"], keys["api_key"]) as application, Owner(server.url) as owner:
            grant = application.granted(owner.sign_up("ada"))
        change(database_url, "ALTER TABLE inventory_item RENAME TO mislaid")
        known = {"key": keys["api_key"], "user": str(grant.user_id), "token": grant.access_token}
        replay(FOLDER / "500_a_fault_of_ours.txt", server.url, known)


def test_a_server_that_is_too_busy_says_when_to_come_back(sqlite_url: str) -> None:
    keys = add_shop(sqlite_url)["scout"]
    busy = FOLDER / "503_too_busy.txt"
    settings = {"write_queue_max": 1, "request_seconds": 2}
    with running_server(sqlite_url, settings=settings) as server, closing(sqlite3.connect(sqlite_url[10:])) as shell:
        shell.execute("BEGIN IMMEDIATE")  # now one write is at work and one may wait, until their time is up
        with ThreadPoolExecutor(3) as pool:
            waiting = [pool.submit(replay, busy, server.url, {"key": keys["api_key"]}) for _ in range(3)]
        for one in waiting:
            one.result()


def test_the_references_curl_runs_with_another_host_and_credentials(
    kith: Shop, owner: Owner, grant: Grant, shared_server: Server
) -> None:
    command = CURL.replace("https://ingest.scoutapp.ai", kith.url)
    command = command.replace("yoursecretkey", kith.credentials["scout"]["api_key"])
    command = command.replace('"user_id": 1', f'"user_id": {grant.user_id}')
    command = command.replace("c9e035bef74b804483b7e306", grant.access_token)
    done = subprocess.run(
        ["bash", "-c", f"{command} --silent --noproxy '*'"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == '{"success":true}', done.stderr
    assert "Nike Air Force 1 Low Off-White" in owner.page("/inventory")
