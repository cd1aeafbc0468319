"""`tillroll payments`, and what `tillroll audit --provider` asks: what has become of payments, and what they say."""

import asyncio
from typing import Any

import click
import msgspec
from msgspec import Struct

from tillroll.cli import ground
from tillroll.cli.ground import db_option, json_option, of_shop, say
from tillroll.domain.payments.attempt import PaymentAttempt, State
from tillroll.domain.payments.payment import PaymentMode
from tillroll.domain.times import text_of
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.payments import history
from tillroll.engine.payments.history import PastPayment
from tillroll.engine.shops import shops
from tillroll.store import Store, Transaction
from tillroll.store.payments.rows import AttemptFilter

PAGE = 1000
DAY_MICROSECONDS = 86_400_000_000


@click.group()
def payments() -> None:
    """List payments, show one, and ask their providers what has become of them."""


@payments.command("list")
@click.argument("shop_name", metavar="SHOP")
@db_option
@click.option("--open", "is_open", is_flag=True, help="Those alone that are not over, or that somebody should look at.")
@click.option("--state", default="", type=click.Choice(["", *State], case_sensitive=False), help="Those in one state.")
@click.option("--limit", type=click.IntRange(1, PAGE), default=100, show_default=True, help="At most so many.")
@json_option
def listed(shop_name: str, as_json: bool, **wished: Any) -> None:
    """List a shop's payments, the newest first."""
    wanted, places = AttemptFilter(wished["state"].upper(), wished["is_open"]), range(wished["limit"])
    found = of_shop(shop_name, lambda tx: history.page(tx, shop_name, places, wanted))
    now = ground.now()
    lines = [_line(one.attempt, now) for one in found]
    say(as_json, [_told(one, now) for one in found], "\n".join(lines) or "no payments")


@payments.command("show")
@click.argument("shop_name", metavar="SHOP")
@click.argument("payment", metavar="PAYMENT")
@db_option
@json_option
def show(shop_name: str, payment: str, as_json: bool) -> None:
    """Show a payment with every act that its provider was asked for, and its refunds."""
    past: PastPayment | None = of_shop(shop_name, lambda tx: history.find(tx, shop_name, payment))
    if past is None:
        raise click.ClickException(f"{shop_name} has no payment {payment}")
    now = ground.now()
    lines = [_line(past.attempt, now)]
    for act in past.acts:
        said = " ".join(part for part in (act.answer or "not answered", act.code) if part)
        lines.append(f"  {text_of(act.asked_at)}  {act.kind:<10}{act.amount:>12} {past.attempt.currency}  {said}")
    for refund in past.refunds:
        said = f"{refund.state} {refund.attention or ''}".rstrip()
        lines.append(f"  {text_of(refund.created_at)}  returned  {refund.amount_minor:>12}  {said}")
    say(as_json, _told(past, now), "\n".join(lines))


@payments.command("reconcile")
@click.argument("shop_name", metavar="SHOP")
@click.argument("payment", metavar="[PAYMENT]", required=False)
@db_option
@json_option
def reconcile(shop_name: str, payment: str | None, as_json: bool) -> None:
    """Ask the providers of a shop now what has become of its payments that are not over, or of one payment."""

    def look(store: Store) -> list[PastPayment]:
        wanted = AttemptFilter(is_open=True)
        known = store.read_now(lambda tx: history.page(tx, shop_name, range(PAGE), wanted))
        ids = [payment] if payment is not None else [one.attempt.id for one in known]
        asyncio.run(_look_at(store, shop_name, ids))
        found = store.read_now(lambda tx: [history.find(tx, shop_name, id) for id in ids])
        return [one for one in found if one is not None]

    of_shop(shop_name, lambda tx: _known(tx, shop_name, payment))
    found = ground.use(look)
    now = ground.now()
    lines = [_line(one.attempt, now) for one in found]
    say(as_json, [_told(one, now) for one in found], "\n".join(lines) or "every payment is over")


def _known(tx: Transaction, shop_name: str, payment: str | None) -> None:
    if payment is not None and history.find(tx, shop_name, payment) is None:
        raise click.ClickException(f"{shop_name} has no payment {payment}")


async def _look_at(store: Store, shop_name: str, ids: list[str]) -> None:
    from tillroll.app import gateway_of  # noqa: PLC0415  it loads every dialect, which most commands need not

    gateway = gateway_of(ground.settings(), Catalogue())
    try:
        for id in ids:
            await gateway.look(store, shop_name, id)
    finally:
        await gateway.close()


class Compared(Struct, frozen=True):
    """What the providers of all shops say: as a document, as lines, and whether all of it is as it is here."""

    document: dict[str, Any]
    lines: list[str]
    holds: bool


def compared(days: int) -> Compared:
    """Compare the payments of so many days with their providers' books; a mode that can not be reached is named, and
    is no difference."""
    from tillroll.app import gateway_of  # noqa: PLC0415  as above
    from tillroll.payments.audit import ComparedMode, compare  # noqa: PLC0415  as above

    now, catalogue = ground.now(), Catalogue()

    async def asked(store: Store) -> list[ComparedMode]:
        gateway = gateway_of(ground.settings(), catalogue)
        try:
            modes = store.read_now(lambda tx: _modes(tx, catalogue))
            return await compare(store, gateway, modes, (now - days * DAY_MICROSECONDS, now))
        finally:
            await gateway.close()

    found = ground.use(lambda store: asyncio.run(asked(store)))
    waiting: list[PastPayment] = ground.read(_waiting)
    lines = []
    for one in found:
        word = "ASK   " if one.unreachable else "BROKEN" if one.problems else "ok    "
        said = one.unreachable or f"{one.payments} payments are those of the provider"
        lines.append(f"{word}  {one.shop}, mode {one.mode} ({one.provider}): {said}")
        lines += [f"        {problem}" for problem in one.problems]
    lines += [f"open    {past.attempt.shop}: {_line(past.attempt, now)}" for past in waiting]
    document = {"providers": msgspec.to_builtins(found), "open": [_told(past, now) for past in waiting]}
    return Compared(document, lines, not any(one.problems for one in found))


def _waiting(tx: Transaction) -> list[PastPayment]:
    """The payments of all shops that are not over, or that somebody should look at."""
    wanted = AttemptFilter(is_open=True)
    return [past for one in shops.shops(tx) for past in history.page(tx, str(one["shop"]), range(PAGE), wanted)]


def _modes(tx: Transaction, catalogue: Catalogue) -> list[tuple[str, PaymentMode]]:
    """The modes of all shops whose provider is asked."""
    return [
        (str(one["shop"]), loaded.value)
        for one in shops.shops(tx)
        for loaded in catalogue.view(tx, str(one["shop"])).below(Kind.PAYMENT_MODE, "")
        if loaded.value.is_asked
    ]


def _line(attempt: PaymentAttempt, now: int) -> str:
    """One payment in a line: with how long it has been as it is."""
    seconds = (now - attempt.created_at) // 1_000_000
    amount = f"{attempt.amount_minor:>10} {attempt.currency}"
    parts = (attempt.id, f"{attempt.state:<16}", amount, attempt.order_id, attempt.mode_id, f"{seconds} s old")
    return "  ".join(parts) + (f"  LOOK: {attempt.attention}" if attempt.attention else "")


def _told(past: PastPayment, now: int) -> dict[str, Any]:
    """A payment as a document; amounts in minor units."""
    attempt = past.attempt
    return {
        "id": attempt.id,
        "order": attempt.order_id,
        "mode": attempt.mode_id,
        "provider": attempt.provider,
        "provider_id": attempt.provider_id,
        "state": attempt.state.value,
        "currency": attempt.currency,
        "amount_minor": attempt.amount_minor,
        "captured_minor": attempt.captured_minor,
        "attention": attempt.attention,
        "created_at": text_of(attempt.created_at),
        "age_seconds": (now - attempt.created_at) // 1_000_000,
        "acts": [
            {"key": act.id, "kind": act.kind, "asked_at": text_of(act.asked_at), "answer": act.answer, "code": act.code}
            for act in past.acts
        ],
        "refunds": [
            {"id": one.id, "state": one.state.value, "amount_minor": one.amount_minor, "attention": one.attention}
            for one in past.refunds
        ],
    }
