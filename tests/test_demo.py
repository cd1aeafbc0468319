"""The demo: one purchase in each dialect, and a second run on the same database."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.harness import STOP_SECONDS_MAX, run_cli
from tests.processes import running

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
    for _ in range(2):
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
