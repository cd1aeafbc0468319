"""How a shop wants Alhena's dialect to behave: `tillroll shop alhena`."""

from typing import Any

import click
import msgspec

from tillroll.cli.ground import db_option, json_option, of_shop, say
from tillroll.dialects.alhena.companies import HOURS_MAX, CompanySettings, read_settings, store_settings
from tillroll.dialects.alhena.errors import STATUSES

# An error must not look like a success, nor make clients repeat what will be refused again.
_ERROR_STATUSES = range(400, 500)


@click.command()
@click.argument("shop_name", metavar="SHOP")
@db_option
@click.option("--mode", type=click.Choice(["strict", "lenient"]), help="Whether what the vendor refuses is refused.")
@click.option("--window-hours", type=click.IntRange(1, HOURS_MAX), help="How long an interaction stays active.")
@click.option("--status", "statuses", multiple=True, metavar="CODE=STATUS", help="The HTTP status of an error code.")
@click.option("--envelope", metavar="JSON", help="The body of errors; $CODE and $MESSAGE are filled in. {} resets it.")
@click.option("--cart-value", type=click.Choice(["unit", "line"]), help="What a cart event's value is the price of.")
@click.option("--line-value", type=click.Choice(["line", "unit"]), help="The same of a purchased item.")
@click.option("--key/--no-key", "requires_key", default=None, help="Whether every call needs a key of the shop.")
@click.option("--helpful-only/--any-answer", default=None, help="Whether answers that did not help end an interaction.")
@json_option
def alhena(shop_name: str, as_json: bool, **given: Any) -> None:
    """Show, or change, how the shop takes Alhena's events. Every process heeds a change at once."""
    wanted = {name: value for name, value in given.items() if value not in (None, ())}
    if "statuses" in wanted:
        wanted["statuses"] = dict(_status(pair) for pair in wanted["statuses"])
    if "envelope" in wanted:
        wanted["envelope"] = _envelope(wanted["envelope"])

    def change(tx: Any) -> CompanySettings:
        known = read_settings(tx, shop_name)
        if not wanted:
            return known
        statuses = {**known.statuses, **wanted.get("statuses", {})}
        changed: CompanySettings = msgspec.structs.replace(known, **(wanted | {"statuses": statuses}))
        store_settings(tx, shop_name, changed)
        return changed

    settings = msgspec.to_builtins(of_shop(shop_name, change))
    say(as_json, {"shop": shop_name, **settings}, "\n".join(f"{name}  {settings[name]}" for name in settings))


def _status(pair: str) -> tuple[str, int]:
    code, _, text = pair.partition("=")
    if code not in STATUSES:
        raise click.UsageError(f"--status: there is no code {code!r}; there are {', '.join(STATUSES)}")
    if not text.isdigit() or int(text) not in _ERROR_STATUSES:
        raise click.UsageError(f"--status: {text!r} is no status from 400 to 499")
    return code, int(text)


def _envelope(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise click.UsageError(f"--envelope: not a JSON object: {error}") from error
