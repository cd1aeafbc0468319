"""The cookbook's shell blocks, run as they stand there, and its pages of HTML, in a real browser."""

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.harness import Server
from tests.house.tree import ROOT
from tests.test_readme import SEARCH_PATH, SHELL_BLOCK, search_path

__all__ = ["search_path"]

COOKBOOK = ROOT / "docs" / "cookbook"
BEGINNING = "README.md"
# What a page's commands print of what they have done, as whole lines.
SAID = {
    "catalogue.md": ["1: 20 each", "12: 16 each"],
    "coupons.md": ["goods: 20.0", "used: 1", "kitchen: 20.0"],
    "customer.md": ["orders: EON1001", "still: ada@example.com"],
    "delivery-windows.md": ["from: 18:00"],
    "doofinder.md": ["admitted https://shop.example", '"OK"', '    "total_count": 1'],
    "nginx.md": ['{"status":"ok","version":"0.1.0"}'],
    "one-sale.md": ["reports: emporix doofinder alhena scout", "revenue: 3083 less 1250"],
    "quote.md": ["offered: 1195.83", "costs: 1195.83"],
    "scout.md": ["back at: https://bot.example/callback", '{"success":true}', "1"],
    "script.md": ['    "events": [],'],
}


def script_of(page: str) -> str:
    """The shell blocks of the beginning and of a page, one after the other."""
    return "\n".join(
        block for name in (BEGINNING, page) for block in SHELL_BLOCK.findall((COOKBOOK / name).read_text("utf-8"))
    )


def run_page(page: str, server: Server, folder: Path, more: str = "") -> str:
    """What a page's commands print; fails where one of them does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TILLROLL_")}
    environment |= {"PATH": SEARCH_PATH, "TILLROLL_DB": server.database_url, "URL": server.url, "NO_PROXY": "*"}
    # Two pages may begin in one second: their shops differ by the name of the page, as no reader's have to.
    script = script_of(page).replace('SHOP="shop$(date +%s)"', f'SHOP="{page[:2]}$(date +%N)"') + more
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_the_index_leads_to_every_page() -> None:
    pages = {path.name for path in COOKBOOK.glob("*.md")} - {BEGINNING}
    linked = set(re.findall(r"\]\((\w[\w-]*\.md)\)", (COOKBOOK / BEGINNING).read_text("utf-8")))
    assert pages == linked == set(SAID)


@pytest.mark.parametrize("page", SAID)
def test_a_page_does_what_it_says(shared_server: Server, search_path: str, tmp_path: Path, page: str) -> None:
    lines = run_page(page, shared_server, tmp_path).splitlines()
    assert [said for said in SAID[page] if said not in lines] == []


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder's files."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_the_page_with_the_script_reports_what_its_visitor_does(
    shared_server: Server, search_path: str, tmp_path: Path, browser: Browser
) -> None:
    printed = run_page("script.md", shared_server, tmp_path, '\necho "key: $TOKEN"\n')
    (key,) = re.findall(r"^key: (.*)$", printed, re.MULTILINE)
    errors: list[str] = []
    with served(tmp_path) as address:
        page = browser.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/page.html")
        page.fill("[name=question]", "Is it dishwasher safe?")
        page.click("#ask button")  # before consent: nothing may leave the page
        assert kinds(shared_server, key) == []
        page.click("#accept")
        page.click("#add")
        page.click("#buy")
        page.wait_for_function("tillroll.pending() === 0", timeout=20_000)
        page.close()
    assert errors == []
    told = ["page_viewed", "conversation_opened", "conversation_continued", "cart_event", "checkout_event"]
    assert sorted(kinds(shared_server, key)) == sorted(told)


def kinds(server: Server, key: str) -> list[str]:
    """What was accepted, the latest first."""
    query = {"dialect": "alhena", "order": "desc", "outcome": "accepted"}
    answer = httpx.get(f"{server.url}/v1/events", params=query, headers={"authorization": f"Bearer {key}"})
    return [one["kind"] for one in answer.json()["events"]]
