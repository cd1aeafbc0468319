"""The demo: one purchase in each dialect, and a second run on the same database."""

import os
import signal
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

from tests.harness import STOP_SECONDS_MAX, add_shop, run_cli
from tests.processes import running
from tillroll.demo.days import DAY, DAYS, Days, fill
from tillroll.engine.shops.audit import audit
from tillroll.store import open_store

PURCHASES = {
    "Emporix": ["/checkout/demo/checkouts/order"],
    "Doofinder": ["/6/…/stats/init", "/6/…/stats/click", "/6/…/stats/cart/…", "/6/…/stats/checkout"],
    "Alhena": ["/v1/conversations", "/analytics/cart_events", "/analytics/checkout_events"],
    "Scout": ["/api/v1/oauth/token", "/checkout"],
}
LEDGER = "4 of Alhena, 4 of Doofinder, 1 of Scout"


def assert_shown(said: str) -> None:
    """Fail unless each purchase was told, call by call, and the ledger has them."""
    for dialect, paths in PURCHASES.items():
        told = said.partition(f"\n{dialect}: ")[2].partition("\n\n")[0]
        for path in paths:
            assert f"{path} " in told, said
    assert said.count(", on disk") == len(PURCHASES)


def test_the_demo_buys_once_in_each_dialect_and_leaves() -> None:
    done = run_cli("demo", "--exit")
    assert done.returncode == 0, done.stderr
    assert_shown(done.stdout)
    assert LEDGER in done.stdout


def test_the_demo_goes_on_with_its_shop_of_an_earlier_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tillroll", "demo", "--db", f"sqlite:///{tmp_path / 'demo.db'}", "--port", "0"]
    for run in range(2):
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        with running(command, patience=STOP_SECONDS_MAX, stdout=subprocess.PIPE, text=True, env=environment) as demo:
            assert demo.stdout is not None
            said = ""
            for line in demo.stdout:
                said += line
                if "until Ctrl-C" in line:
                    demo.send_signal(signal.SIGINT)
        assert demo.returncode == 0
        assert_shown(said)
        assert ("The shop has a past: " in said) == (run == 0)
        assert "/dashboard\n  user name             demo-admin\n  password" in said


def test_the_days_of_the_demo_are_the_same_for_a_seed_and_believable() -> None:
    now = 1_780_000_000_000_000
    first, second = (Days("demo", "a" * 32, now).events() for _ in range(2))
    assert first == second
    assert 5_000 <= len(first) <= 20_000
    assert all(before.received_at <= after.received_at < now for before, after in pairwise(first))
    assert now - first[0].received_at < (DAYS + 14) * DAY
    kinds = Counter(one.kind for one in first)
    assert kinds["checkout"] > 300
    assert {"click", "conversation_opened", "refund_made", "nudge_clicked", "touch"} <= kinds.keys()
    assert kinds["cart_event"] > 500
    assert kinds["experiment_assigned"] > 1_000
    assert len({one.call for one in first}) == len(first)


def test_a_shop_that_has_events_is_left_alone(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'till.db'}"
    add_shop(address)
    store = open_store(address)
    try:
        now = 1_780_000_000_000_000
        assert fill(store, "acme", "a" * 32, now) > 5_000
        assert fill(store, "acme", "a" * 32, now) == 0
        broken = [one.name for one in store.read_now(audit) if not one.holds]
        assert broken == []
    finally:
        store.close()
