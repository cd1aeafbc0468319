"""`tillroll simulate-psp`: the simulator of a payment service provider, as a server of its own."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from tillroll.cli import ground
from tillroll.keymaker import new_secret
from tillroll.settings import PORT_MAX, Settings

if TYPE_CHECKING:
    from tillroll.simulator.script import Script

PORT = 8556

_SCRIPT_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_BOOKS_FILE = click.Path(dir_okay=False, writable=True)


@click.command("simulate-psp")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; of this machine only.")
@click.option("--port", type=click.IntRange(0, PORT_MAX), default=PORT, show_default=True, help="0 means any.")
@click.option("--db", "file", type=_BOOKS_FILE, help="Where its books lie. Default: in memory.")
@click.option("--script", "script_file", type=_SCRIPT_FILE, help="What goes wrong, and when: docs/payments.md.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="What ids and chances come from.")
@click.option(
    "--clock",
    type=click.Choice(["real", "manual"]),
    default="real",
    show_default=True,
    help="manual: it stands still until it is put forward.",
)
@click.option("--token", help="Of its control routes, /_sim/…. Default: a new one, which is printed.")
def simulate_psp(**wished: Any) -> None:
    """Simulate a payment service provider that speaks Stripe's wire format, for tests and demonstrations.

    Any secret key that begins with sk_test_ is an account of its own. The official SDKs of Stripe talk to it
    unchanged, once their base address is the one that is printed. It answers on this machine only, and sends webhooks
    to nowhere else.
    """
    ground.refuse_settings("simulate-psp has books of its own: write --db behind the command")
    import uvicorn  # noqa: PLC0415  the HTTP server is loaded only where it is used

    from tillroll import server  # noqa: PLC0415  as above
    from tillroll.server.unruly import unruly_server  # noqa: PLC0415  as above
    from tillroll.simulator.application import Setup, Simulator  # noqa: PLC0415  as above
    from tillroll.simulator.books import IN_MEMORY  # noqa: PLC0415  as above
    from tillroll.simulator.objects.endpoints import is_loopback  # noqa: PLC0415  as above

    if not is_loopback(f"http://[{wished['host']}]" if ":" in wished["host"] else f"http://{wished['host']}"):
        raise click.UsageError("--host: a simulator answers on this machine only, e.g. 127.0.0.1")
    script = _script(wished["script_file"])
    server.keep_standard_streams()
    settings = Settings(host=wished["host"], port=wished["port"])
    token = wished["token"] or new_secret()
    try:
        sockets = server.bind(settings)
    except server.CanNotListen as error:
        raise click.ClickException(str(error)) from error
    with contextlib.ExitStack() as stack:
        for one in sockets:
            stack.enter_context(one)
        setup = Setup(
            token=token,
            path=wished["file"] or IN_MEMORY,
            seed=wished["seed"],
            script=script,
            is_clock_manual=wished["clock"] == "manual",
        )
        try:
            application = Simulator(setup)
        except OSError as error:
            raise click.ClickException(f"--db: {error}") from error
        runner = uvicorn.Server(uvicorn.Config(application, **unruly_server(settings)))
        for one in sockets:
            one.listen()
            click.echo(f"the simulated provider is running on {server.url_of(one)} (Ctrl-C ends it)")
        click.echo(f"control token: {token}")
        with contextlib.suppress(KeyboardInterrupt):
            runner.run(sockets)


def _script(path: Path | None) -> "Script | None":
    if path is None:
        return None
    from tillroll.simulator.script import Script  # noqa: PLC0415  as above

    try:
        return msgspec.json.decode(path.read_bytes(), type=Script)
    except msgspec.MsgspecError as error:
        raise click.UsageError(f"--script: {path}: {error}") from error
