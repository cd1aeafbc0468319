"""Many posts at once, two server processes, both databases: each item once, each version once, each code once."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import pytest

from tests.faults.crowd import at_once, audit_passes, statuses
from tests.harness import new_shop, run_cli, running_servers
from tests.owner import REDIRECT, Application, Owner, new_key
from tests.shop import succeeded


class Stage(NamedTuple):
    """One application and one user, seen through two server processes."""

    doors: tuple[Application, Application]
    owner: Owner
    key: str

    def items(self) -> list[dict[str, Any]]:
        """What the user has."""
        headers = {"authorization": f"Bearer {self.key}"}
        found: list[dict[str, Any]] = succeeded(self.owner.client.get("/v1/inventory", headers=headers), 200)["items"]
        return found


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    """The stage is empty; the audit passes in the end."""
    with running_servers(database_url, 2) as servers:
        with new_shop(servers) as shop:
            keys = shop.credentials["scout"]
            done = run_cli("app", "change", keys["client_id"], "--redirect-uri", REDIRECT, database_url=database_url)
            assert done.returncode == 0, done.stderr
            with (
                Application(servers[0].url, keys["client_id"], keys["api_key"]) as here,
                Application(servers[1].url, keys["client_id"], keys["api_key"]) as there,
                Owner(servers[0].url) as owner,
            ):
                yield Stage((here, there), owner.sign_up("ada"), new_key(owner))
        audit_passes(database_url)


def test_a_hundred_identical_posts_make_one_item(stage: Stage) -> None:
    grant = stage.doors[0].granted(stage.owner)
    paths = ("/ingest", "/checkout")
    tries = [partial(stage.doors[n % 2].post, grant.post(), paths[n // 2 % 2]) for n in range(100)]
    answers = at_once(tries)
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b'{"success":true}')}
    (item,) = stage.items()
    assert (item["version"], item["repeats"]) == (1, 99)


def test_corrections_and_sister_items_in_a_crowd_are_all_kept_once(stage: Stage) -> None:
    grant = stage.doors[0].granted(stage.owner)
    bodies = [grant.post(size=str(size), tax=tax) for size in range(5) for tax in range(4)]
    answers = at_once([partial(stage.doors[n % 2].post, body) for body in bodies for n in range(4)])
    assert statuses(answers) == {200: 80}
    found = sorted((item["size"], item["version"], item["repeats"]) for item in stage.items())
    assert found == [(str(size), 4, 12) for size in range(5)]


def test_one_code_is_exchanged_once_and_every_grant_has_one_token(stage: Stage) -> None:
    codes = [stage.doors[0].code(stage.owner) for _ in range(3)]
    for code in codes:
        answers = at_once([partial(stage.doors[n % 2].exchange, code) for n in range(20)])
        assert statuses(answers) == {200: 1, 422: 19}
    again = [stage.doors[n % 2].exchange(stage.doors[0].code(stage.owner)) for n in range(2)]
    assert len({succeeded(answer, 200)["user"]["access_token"] for answer in again}) == 1


def test_a_name_is_given_to_one_of_many_who_sign_up_at_once(stage: Stage) -> None:
    owners = [Owner(str(stage.doors[n % 2].client.base_url)) for n in range(10)]
    fields = {"name": "grace", "password": "correct horse battery", "again": "correct horse battery"}
    answers = at_once([partial(owner.send, "/sign-up", fields) for owner in owners])
    for owner in owners:
        owner.client.close()
    assert statuses(answers) == {303: 1, 422: 9}
