"""The demo: a seeded shop, and one purchase in each dialect over real HTTP, shown step by step.

tillroll demo          seeds ./tillroll-demo.db, buys, then serves until Ctrl-C
tillroll demo --exit   the same on a throw-away database, then stops
"""

import contextlib
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tillroll.demo import alhena, days, doofinder, emporix, scout
from tillroll.demo.browser import SHOP, Browser, DemoFailed, DemoServer, served, tell
from tillroll.dialects.passwords import hasher
from tillroll.engine.access import access, admission
from tillroll.engine.access.native_keys import identifier_of
from tillroll.engine.inventory import applications, users
from tillroll.engine.inventory.applications import Application
from tillroll.engine.shops import members, shops
from tillroll.engine.shops.shops import NewKey, NewShop, ShopKeys
from tillroll.keymaker import new_secret, new_shop_keys
from tillroll.store import Transaction, open_store
from tillroll.store.shops.members import Member

__all__ = ["DemoFailed", "run"]

# Who looks at the demo's dashboard.
ADMIN = "demo-admin"


def run(db: str, host: str, port: int, *, exits: bool) -> None:
    """Seed, serve, buy, and go on serving unless `exits`; raises DemoFailed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # which `nohup` has wanted
            signal.signal(number, _leave)
    with contextlib.ExitStack() as stack:
        if exits:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tillroll-demo-"))
            db, port = f"sqlite:///{Path(folder) / 'demo.db'}", 0
        keys = _keys(db)
        password = "" if exits else _lived_in(db, keys)
        server = stack.enter_context(served(db, host, port))
        tell(f"\nThe shop '{SHOP}' is served at http://{server.host}:{server.port} from {db}")
        emporix.seed(server, keys)
        tell("\nEmporix: a guest buys two bags of beans and a grinder.")
        emporix.buy(server, keys)
        tell("\nDoofinder: a search session leads to a click, a cart and a checkout.")
        doofinder.buy(server, keys)
        tell("\nAlhena: a conversation leads to a cart and a checkout.")
        alhena.buy(server)
        tell("\nScout: a bot posts to somebody's inventory what it has bought for them.")
        scout.buy(server, keys)
        _count(server, keys)
        if exits:
            return
        with contextlib.suppress(KeyboardInterrupt):  # which may come as soon as the last line says so
            tell(_invitation(server, keys, password))
            server.process.wait()


def _leave(number: int, _frame: object) -> None:
    """End with everything stopped and removed that the demo has begun."""
    sys.exit(128 + number)


def _keys(db: str) -> ShopKeys:
    """Fresh credentials for the demo shop, which is created where it does not exist."""
    store = open_store(db)
    try:
        store.migrate()
        keys = new_shop_keys()
        now = time.time_ns() // 1000
        if not store.write_now(lambda tx: shops.add_shop(tx, NewShop(SHOP, "EUR", keys), now)):
            store.write_now(lambda tx: _add_keys(tx, keys, now))
        store.write_now(lambda tx: applications.change(tx, _bot(keys)))
        return keys
    finally:
        store.close()


def _lived_in(db: str, keys: ShopKeys) -> str:
    """Give the shop its ninety days, unless it has some, and an admin of its dashboard; their password."""
    store, password = open_store(db), new_secret()
    try:
        now = time.time_ns() // 1000
        count = days.fill(store, SHOP, keys.hashid, now)
        if count:
            tell(f"\nThe shop has a past: {count:,} events of {days.DAYS} days, made with the seed {days.SEED}.")
        hashed = hasher().hash(password)
        store.write_now(partial(_admit, hashed, now))
    finally:
        store.close()
    return password


def _admit(password_hash: str, now: int, tx: Transaction) -> None:
    """An admin of the demo shop, whose password is a new one with each run."""
    known = users.by_name(tx, ADMIN)
    if known is None:
        id = users.add(tx, ADMIN, password_hash, now)
        assert id is not None
    else:
        id = known.id
        users.set_password(tx, id, password_hash, now)
    members.put(tx, SHOP, Member(id, ADMIN, members.ADMIN, now))


def _add_keys(tx: Transaction, keys: ShopKeys, now: int) -> None:
    """New keys for a demo shop of an earlier run, whose secrets were shown only then."""
    for key in (
        NewKey(access.SERVICE, keys.client_id, keys.client_secret, shops.EVERY_SCOPE),
        NewKey("storefront", keys.storefront_client_id),
        NewKey("doofinder", keys.hashid, shops.without_zone(keys.search_key)),
        NewKey(access.NATIVE, identifier_of(keys.native_key), keys.native_key),
    ):
        shops.add_key(tx, SHOP, key, now)
    admission.add_channel(tx, SHOP, ("doofinder", keys.hashid, ""), now)
    applications.add(tx, _bot(keys), keys.scout_key, now)


def _bot(keys: ShopKeys) -> Application:
    """The application that posts purchases, and where it lets people come back to."""
    scopes = frozenset({"checkouts", "username"})
    return Application(SHOP, keys.scout_client_id, "Demo bot", (scout.REDIRECT,), counts_repeats=False, scopes=scopes)


def _count(server: DemoServer, keys: ShopKeys) -> None:
    """Show what the ledger has of the calls that reported something."""
    reader = Browser(server, {"authorization": f"Bearer {keys.native_key}"}, is_quiet=True)
    counted: dict[str, int] = {}
    for one in reader.call("GET", "/v1/events/outcomes")["outcomes"]:
        if one["outcome"] == "accepted":
            counted[one["dialect"]] = counted.get(one["dialect"], 0) + one["calls"]
    shown = ", ".join(f"{n} of {dialect.title()}" for dialect, n in sorted(counted.items()))
    tell(f"\nThe ledger has every call that was reported: {shown}.\n")


def _invitation(server: DemoServer, keys: ShopKeys, password: str) -> str:
    return (
        f"Look at its dashboard: http://{server.host}:{server.port}/dashboard\n"
        f"  user name             {ADMIN}\n"
        f"  password              {password}\n"
        f"Buy with curl: the README shows how. This shop's keys:\n"
        f"  tenant                {SHOP}\n"
        f"  client_id             {keys.client_id}\n"
        f"  client_secret         {keys.client_secret}\n"
        f"  storefront_client_id  {keys.storefront_client_id}\n"
        f"  hashid                {keys.hashid}\n"
        f"  search key            {keys.search_key}\n"
        f"  native key            {keys.native_key}\n"
        f"Serving at http://{server.host}:{server.port} until Ctrl-C.\n"
    )
