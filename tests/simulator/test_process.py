"""`tillroll simulate-psp` as a process: it is killed, begins again with its books, and answers on this machine only."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.harness import run_cli
from tests.processes import running
from tests.psp import TOKEN, Provider, new_key

AMOUNT: Any = {"amount": 1000, "currency": "eur", "capture_method": "manual"}


@contextmanager
def started(*arguments: str) -> Iterator[tuple[Provider, Any]]:
    """A simulator on a free port, and its process."""
    command = [sys.executable, "-m", "tillroll", "simulate-psp", "--port", "0", "--token", TOKEN, *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as process:
        assert process.stdout is not None
        place = re.search(r"running on (\S+)", process.stdout.readline())
        assert place is not None
        provider = Provider(place[1])
        with provider.http:
            yield provider, process


def test_a_killed_simulator_begins_again_where_it_was(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    rule = {"on": {"op": "payment_intents.confirm"}, "nth": 1, "do": {"fault": "close", "effect": True}}
    script.write_text(json.dumps({"rules": [rule]}))
    arguments = ("--db", str(tmp_path / "sim.db"), "--script", str(script), "--seed", "3", "--clock", "manual")
    key = new_key()
    with started(*arguments) as (provider, process):
        sdk = provider.sdk(key)
        id = sdk.v1.payment_intents.create(AMOUNT, {"idempotency_key": "a"}).id
        with pytest.raises(stripe.APIConnectionError):
            sdk.v1.payment_intents.confirm(id, {"payment_method": "pm_card_visa"}, {"idempotency_key": "b"})
        provider.advance(100)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
    with started(*arguments) as (provider, _):
        sdk = provider.sdk(key)
        again: Any = sdk.v1.payment_intents.confirm(id, {"payment_method": "pm_card_visa"}, {"idempotency_key": "b"})
        assert (again.status, again.last_response.headers["idempotent-replayed"]) == ("requires_capture", "true")
        assert provider.ledger(id) == [("authorise", 1000)]
        assert sdk.v1.payment_intents.create(AMOUNT).created == again.created + 100


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "this machine only"),
        (["--script", "{script}"], "explode"),
        (["--port", "70000"], "65535"),
    ],
)
def test_what_it_can_not_do_is_one_sentence(arguments: list[str], said: str, tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('{"rules": [{"do": {"fault": "explode"}}]}')
    done = run_cli("simulate-psp", *(one.format(script=script) for one in arguments))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_of_the_till_are_not_its_own() -> None:
    done = run_cli("--db", "sqlite:///till.db", "simulate-psp")
    assert (done.returncode, "books of its own" in done.stderr) == (2, True)
