"""What a shop switches on or off for all dialects: `tillroll shop set`."""

from typing import Any

import click
import msgspec

from tillroll.cli.ground import db_option, json_option, of_shop, say
from tillroll.engine.shops.switches import Switches, set_switches


@click.command("set")
@click.argument("shop_name", metavar="SHOP")
@db_option
@click.option(
    "--strict-fields/--no-strict-fields",
    default=None,
    help="Whether a back office's request is refused that holds a field which nobody reads.",
)
@json_option
def switch(shop_name: str, as_json: bool, **given: Any) -> None:
    """Show, or change, a shop's switches. Every process heeds a change at once."""
    changes = {name: value for name, value in given.items() if value is not None}
    found: Switches = of_shop(shop_name, lambda tx: set_switches(tx, shop_name, changes))
    settings = msgspec.to_builtins(found)
    lines = [f"{name}  {'yes' if value else 'no'}" for name, value in settings.items()]
    say(as_json, {"shop": shop_name, **settings}, "\n".join(lines))
