"""Sales on the command line: `tillroll attribute` makes them, `tillroll shop counting` says how they are counted."""

import time
from functools import partial
from typing import Any

import click
import msgspec

from tillroll.cli import ground
from tillroll.cli.ground import db_option, json_option, of_shop, say
from tillroll.domain.sales.facts import NUMBER_RULES
from tillroll.engine.sales import follow, horizon
from tillroll.engine.sales.follow import FollowStep, Stepped
from tillroll.engine.sales.horizon import Seen, Sought
from tillroll.engine.sales.policies import Counting, counting
from tillroll.engine.sales.reading import Witnesses
from tillroll.store import Store, Transaction

SETTLE_SECONDS = 0.05

_DAYS_MAX = 3_650
_HOURS_MAX = 24 * _DAYS_MAX


@click.command()
@db_option
@click.option("--shop", "shop_name", metavar="SHOP", help="Only this shop's sales. Default: all shops.")
@click.option("--rebuild", is_flag=True, help="Make them anew from the first event. What is stopped goes on later.")
@json_option
def attribute(shop_name: str | None, rebuild: bool, as_json: bool) -> None:
    """Bring sales and their attribution up to the newest event.

    A running server does so by itself within a second; this is for a server that is stopped, and for --rebuild, which
    gives the same rows as were there. Both may run beside a server.
    """
    found = ground.use(lambda store: _attribute(store, shop_name, rebuild=rebuild, shows=not as_json))
    lines = [f"{name}  up to event {position}" for name, position in found.items()]
    say(as_json, [{"shop": name, "position": position} for name, position in found.items()], "\n".join(lines))


def _attribute(store: Store, shop_name: str | None, *, rebuild: bool, shows: bool) -> dict[str, int]:
    """How far the sales of each shop are now."""
    if rebuild:
        store.write_now(lambda tx: horizon.forget(tx, shop_name))
    seen = store.read_now(lambda tx: horizon.look(tx, Seen(0)))
    while not store.read_now(lambda tx: horizon.is_settled(tx, seen)):
        time.sleep(SETTLE_SECONDS)
    steps = [
        step
        for step in store.read_now(lambda tx: horizon.behind(_witnesses(), tx, Sought(seen.position)))
        if shop_name is None or step.shop == shop_name
    ]
    for one in steps:
        with click.progressbar(length=one.until, label=one.shop, hidden=not shows) as bar:
            done = 0
            while True:
                (stepped,) = store.write_now(partial(_step, one))
                bar.update(stepped.position - done)
                done = stepped.position
                if stepped.is_done:
                    break
    return store.read_now(lambda tx: horizon.positions(tx, shop_name))


def _step(step: FollowStep, tx: Transaction) -> list[Stepped]:
    return follow.follow(_witnesses(), tx, [step])


@click.command("counting")
@click.argument("shop_name", metavar="SHOP")
@db_option
@click.option("--authority", metavar="A,B,…", help="Whose word on amounts counts first, dialects with commas.")
@click.option("--numbers", type=click.Choice(NUMBER_RULES), help="How order numbers are compared.")
@click.option("--match-minutes", type=click.IntRange(0, 1440), help="How far apart reports without a number may be.")
@click.option("--shared-persons", type=click.IntRange(1, 1000), help="A device of more persons than these is shared.")
@click.option("--window-days", type=click.IntRange(1, _DAYS_MAX), help="How long a touch may earn.")
@click.option("--window", "windows", multiple=True, metavar="SOURCE=HOURS", help="The same of one source; 0: never.")
@click.option("--half-life-hours", type=click.IntRange(1, _HOURS_MAX), help="Of the model time_decay.")
@json_option
def shop_counting(shop_name: str, as_json: bool, **given: Any) -> None:
    """Show, or change, how the shop's sales are put together and credited.

    After a change the sales are made anew from the first event, behind the scenes.
    """
    wanted = {name: value for name, value in given.items() if value not in (None, ())}
    if "authority" in wanted:
        wanted["authority"] = _authority(wanted["authority"])
    windows = dict(_window(pair) for pair in wanted.pop("windows", ()))

    def change(tx: Any) -> Counting:
        known = counting(tx, shop_name)
        if not (wanted or windows):
            return known
        changed = msgspec.structs.replace(known, **wanted, window_hours={**known.window_hours, **windows})
        follow.recount(tx, shop_name, changed)
        return changed

    found = msgspec.structs.asdict(of_shop(shop_name, change))
    say(as_json, {"shop": shop_name, **found}, "\n".join(f"{name}  {found[name]}" for name in found))


def _authority(text: str) -> tuple[str, ...]:
    known = _witnesses().authority
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in known]
    if unknown or len(set(names)) != len(names):
        raise click.UsageError(f"--authority: name each of {', '.join(known)} once at most")
    return names


def _window(pair: str) -> tuple[str, int]:
    source, _, text = pair.rpartition("=")
    if not source or not text.isdigit() or int(text) > _HOURS_MAX:
        raise click.UsageError(f"--window: {pair!r} is not SOURCE=HOURS, such as chat=24")
    return source, int(text)


def _witnesses() -> Witnesses:
    """What all dialects tell of sales."""
    from tillroll.app import witnesses  # noqa: PLC0415  the whole server: loaded only where it is used

    return witnesses()
