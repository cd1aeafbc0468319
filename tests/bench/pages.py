"""Measures the dashboard on this machine: `python -m tests.bench.pages [--db URL --shop NAME]`, which no test times.

    the demo's ninety days, or a shop of yours ──► server time of Revenue · first paint and weight in Chromium
                                               ──► what fifty open Live pages cost, as a part of a processor

Server time is what one client waits for one request after the other; the cost of Live is processor time of the server,
which a busy machine does not make longer. Fifty pages ask once in three seconds each.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from playwright.sync_api import sync_playwright

from tests.browser import ARGUMENTS, chromium
from tests.harness import SHARED_SETTINGS, Server, add_shop, running_server
from tests.owner import PASSWORD, Owner
from tests.staff import let_in
from tillroll.demo.days import fill
from tillroll.store import open_store

ROUNDS, WARM_UP = 60, 5
LIVE_PAGES, LIVE_SECONDS = 50, 3.0
PERIOD = "period=90"
_PAINT = """() => new Promise(done => new PerformanceObserver(list => {
    for (const one of list.getEntriesByName('first-contentful-paint')) done(one.startTime);
}).observe({type: 'paint', buffered: true}))"""
_WEIGHT = """[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .reduce((sum, one) => sum + one.encodedBodySize, 0)"""


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", default="", help="A database that is there; without it, the demo's shop is made.")
    parser.add_argument("--shop", default="demo")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tillroll-pages-") as folder:
        address = asked.db or demo(Path(folder))
        with (
            running_server(address, settings=SHARED_SETTINGS, start="command") as server,
            Owner(server.url) as person,
        ):
            person.sign_up(f"bench-{token_hex(4)}")
            let_in(server, asked.shop, person.name, "viewer")
            base = f"/dashboard/{asked.shop}"
            show("Revenue, server time, ms", taken(person, f"{base}?{PERIOD}"))
            own = cpu_of(server, person, f"{base}?{PERIOD}")
            print(f"Revenue: {own * 1000:.1f} ms of a processor a request")
            show("Live's rows, server time, ms", taken(person, f"{base}/live/rows"))
            live = cpu_of(server, person, f"{base}/live/rows")
            share = live * LIVE_PAGES / LIVE_SECONDS
            print(f"{LIVE_PAGES} Live pages: {share:.1%} of a processor, {live * 1000:.2f} ms of it a request")
            painted(server, person.name, f"{base}?{PERIOD}")


def demo(folder: Path) -> str:
    """The address of the demo's shop with its past."""
    address = f"sqlite:///{folder / 'tillroll.db'}"
    keys = add_shop(address, "demo")
    store = open_store(address)
    try:
        events = fill(store, "demo", keys["doofinder"]["hashid"], time.time_ns() // 1000)
    finally:
        store.close()
    print(f"the demo's shop: {events:,} events")
    return address


def taken(person: Owner, path: str) -> list[float]:
    """What each request takes, in milliseconds."""
    found = []
    for _ in range(WARM_UP + ROUNDS):
        begun = time.perf_counter()
        assert person.client.get(path).status_code == 200
        found.append((time.perf_counter() - begun) * 1000)
    return found[WARM_UP:]


def cpu_of(server: Server, person: Owner, path: str) -> float:
    """The processor time of the server for one request, in seconds."""
    with on_processor(server) as spent:
        for _ in range(ROUNDS):
            assert person.client.get(path).status_code == 200
    return spent[0] / ROUNDS


@contextmanager
def on_processor(server: Server) -> Iterator[list[float]]:
    """The processor time of the server's process meanwhile, in seconds."""
    before, spent = _cpu(server.process.pid), [0.0]
    yield spent
    spent[0] = _cpu(server.process.pid) - before


def _cpu(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def show(title: str, found: list[float]) -> None:
    """The middle and the worst but one of twenty."""
    ordered = sorted(found)
    print(f"{title}: middle {statistics.median(ordered):.1f}, one in twenty {ordered[len(ordered) * 19 // 20]:.1f}")


def painted(server: Server, name: str, path: str) -> None:
    """When a browser that has seen nothing of us paints Revenue, and what comes over the wire for it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        paints, weight = [], 0
        for _ in range(10):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            page.goto(f"{server.url}/login")
            page.get_by_label("User name").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Log in").click()
            page.goto(server.url + path)
            paints.append(float(page.evaluate(_PAINT)))
            weight = int(page.evaluate(_WEIGHT))
            context.close()
        browser.close()
    show("Revenue, first contentful paint, ms", paints)
    print(f"Revenue, page with its files, compressed: {weight / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
