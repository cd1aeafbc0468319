"""The link with which a new server gets its first shop and the admin of it, in a browser."""

import socket
from collections.abc import Sequence

import click

from tillroll.cli import ground
from tillroll.engine.shops import setup as links
from tillroll.engine.shops.setup import LINK_HOURS
from tillroll.keymaker import new_secret
from tillroll.store import Store

# Addresses that stand for every one of the machine; a browser on it comes by this one.
_EVERY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@click.command("setup")
@ground.db_option
@ground.json_option
def setup(as_json: bool) -> None:
    """Make a link with which the first shop and its admin are made in a browser, while there is no shop; shown once."""
    from tillroll.dashboard.setup.page import SETUP  # noqa: PLC0415  all pages: loaded only where it is used

    secret = new_secret()
    if not ground.write(lambda tx: links.make_link(tx, secret, ground.now())):
        raise click.ClickException(
            "there is a shop already: 'tillroll shop add' makes another, 'tillroll user add' users"
        )
    path = SETUP.format(link=secret)
    ground.say(as_json, {"path": path, "hours": LINK_HOURS}, f"{path}  behind the address of this server")


def invite(store: Store, sockets: Sequence[socket.socket]) -> None:
    """Say where a server without a shop is set up: to whoever reads what it says when it starts, and to nobody else."""
    secret = new_secret()
    if store.write_now(lambda tx: links.make_link(tx, secret, ground.now())):
        from tillroll.dashboard.setup.page import SETUP  # noqa: PLC0415  as above
        from tillroll.server import logs  # noqa: PLC0415  the HTTP server is loaded only where it is used

        place = _address(sockets[0]) + SETUP.format(link=secret)
        logs.say(f"There is no shop yet. Make the first one in a browser, within {LINK_HOURS} hours:\n  {place}")


def _address(one: socket.socket) -> str:
    host, port = one.getsockname()[:2]
    host = _EVERY.get(host, host)
    return f"http://[{host}]:{port}" if one.family == socket.AF_INET6 else f"http://{host}:{port}"
