"""Invitations to a shop: one link, one person, for a week."""

import re
from secrets import token_hex

import pytest

from tests.harness import Server
from tests.owner import Owner
from tests.shop import Shop
from tests.staff import staff
from tests.store.ground import NOW, SHOP, lay_ground, opened
from tillroll.engine.inventory import users
from tillroll.engine.shops import members
from tillroll.engine.shops.members import INVITATION_DAYS, INVITATIONS_MAX
from tillroll.store import Transaction
from tillroll.store.shops.members import Member

DAY = 86_400_000_000


def link_of(admin: Owner, shop: str, role: str) -> str:
    """The path of a new invitation."""
    people = f"/dashboard/{shop}/people"
    shown = admin.send(f"{people}/invite", {"role": role}, page=people)
    assert shown.status_code == 200
    found = re.search(r'id="invitation">http://[^/]+(/join/[\w-]+)<', shown.text)
    assert found is not None
    return found[1]


def test_who_has_the_link_signs_up_and_belongs_to_the_shop(shop: Shop, shared_server: Server) -> None:
    with staff(shared_server, shop.name, "admin") as admin, Owner(shop.url) as stranger, Owner(shop.url) as late:
        link = link_of(admin, shop.name, "analyst")
        asked = stranger.client.get(link)
        assert asked.headers["location"] == f"/login?next={link.replace('/', '%2F')}"
        stranger.sign_up(f"new-{token_hex(6)}")
        page = stranger.page(link)
        assert shop.name in page
        assert admin.name in page
        done = stranger.send(link)
        assert (done.status_code, done.headers["location"]) == (303, f"/dashboard/{shop.name}")
        assert stranger.client.get(f"/dashboard/{shop.name}/people").status_code == 403
        assert f"{stranger.name}</bdi>" in admin.page(f"/dashboard/{shop.name}/people")
        late.sign_up(f"late-{token_hex(6)}")
        assert "holds no more" in late.page(link, status=404)
        assert late.send(link, page="/account").status_code == 404
        assert late.client.get(f"/dashboard/{shop.name}").status_code == 404


def test_what_was_withdrawn_lets_nobody_in(shop: Shop, shared_server: Server) -> None:
    people = f"/dashboard/{shop.name}/people"
    with staff(shared_server, shop.name, "admin") as admin, Owner(shop.url) as stranger:
        link = link_of(admin, shop.name, "viewer")
        digest = re.search(r'name="invitation" value="(\w+)"', admin.page(people))
        assert digest is not None
        assert digest[1] not in link
        assert admin.send(f"{people}/withdraw", {"invitation": digest[1]}, page=people).status_code == 303
        stranger.sign_up(f"late-{token_hex(6)}")
        assert stranger.send(link, page="/account").status_code == 404
        assert link not in admin.page(people)


def test_a_form_without_its_token_joins_nobody(shop: Shop, shared_server: Server) -> None:
    with staff(shared_server, shop.name, "admin") as admin, Owner(shop.url) as stranger:
        link = link_of(admin, shop.name, "viewer")
        stranger.sign_up(f"new-{token_hex(6)}")
        assert stranger.client.post(link, data={"token": "0" * 64}).status_code == 403
        assert stranger.send(link).status_code == 303


def invite(tx: Transaction, role: str, at: int) -> str | None:
    """The secret of an invitation by Ada; None where there are too many."""
    secret = token_hex(16)
    return secret if members.invite(tx, SHOP, secret, Member(1, "Ada", role, at)) else None


def new_user(tx: Transaction, name: str, at: int) -> Member:
    """A user who comes with an invitation at this time."""
    id = users.add(tx, name, "hash", at)
    assert id is not None
    return Member(id, name, "", at)


@pytest.mark.parametrize(("has", "gets", "becomes"), [("admin", "viewer", "admin"), ("viewer", "admin", "admin")])
def test_nobody_becomes_less_by_an_invitation(database_url: str, has: str, gets: str, becomes: str) -> None:
    def scene(tx: Transaction) -> str | None:
        user = new_user(tx, "Bob", NOW)
        members.put(tx, SHOP, Member(user.user_id, user.user_name, has, NOW))
        assert members.accept(tx, invite(tx, gets, NOW) or "", user) == SHOP
        return members.role_of(tx, SHOP, user.user_id)

    with opened(database_url) as store:
        lay_ground(store)
        assert store.write_now(scene) == becomes


def test_an_invitation_ends_after_its_days_and_makes_room(database_url: str) -> None:
    last = NOW + INVITATION_DAYS * DAY

    def scene(tx: Transaction) -> None:
        secrets = [invite(tx, "viewer", NOW) for _ in range(INVITATIONS_MAX)]
        assert None not in secrets
        assert invite(tx, "viewer", last - 1) is None
        user = new_user(tx, "Bob", last - 1)
        assert members.accept(tx, secrets[0] or "", user) == SHOP
        late = Member(user.user_id, user.user_name, "", last)
        assert members.accept(tx, secrets[1] or "", late) is None
        assert members.invitations(tx, SHOP, last) == []
        assert invite(tx, "viewer", last) is not None
        assert len(members.invitations(tx, SHOP, NOW)) == 1

    with opened(database_url) as store:
        lay_ground(store)
        store.write_now(scene)
