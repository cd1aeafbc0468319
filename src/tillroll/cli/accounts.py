"""Commands for the people and programs of the inventory: users, and the applications that post for them."""

import sys
from typing import Any

import click
import msgspec

from tillroll.cli.ground import db_option, json_option, now, of_shop, read, say, sure, write, yes_option
from tillroll.dialects.passwords import hasher
from tillroll.engine.inventory import applications, totp, users
from tillroll.engine.inventory.applications import Application
from tillroll.engine.shops import members, shops
from tillroll.engine.shops.members import ROLES
from tillroll.keymaker import new_identifier, new_secret
from tillroll.store.inventory.users import User, UserHoldings
from tillroll.store.shops.members import Member, Membership

_redirects = click.option(
    "--redirect-uri", "redirect_uris", multiple=True, help="Where users go back to; exact, and may be repeated."
)
_generate = click.option(
    "--generate", is_flag=True, help="Make a password and show it once, instead of asking for one."
)
_password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of the standard input."
)
_shop = click.option("--shop", help="A shop whose dashboard the user sees.")
_role = click.option("--role", type=click.Choice(ROLES), help="What the user is in that shop.")
NOBODY = "none"
_scopes = click.option("--scopes", default="checkouts,username", show_default=True, help="What it may ask for.")
_repeats = click.option(
    "--count-repeats/--no-count-repeats",
    default=None,
    help="Whether equal goods with another checkout_time are a further piece. Default: no.",
)


@click.group()
def user() -> None:
    """Add, list and remove users, set their passwords, and let them see the dashboards of shops."""


@user.command("add")
@click.argument("name")
@db_option
@_generate
@_password_stdin
@_shop
@_role
@json_option
def user_add(name: str, as_json: bool, **wished: Any) -> None:
    """Create a user. Asks for the password; with --generate or --json it makes one, which is shown once.

    With --shop the user belongs to that shop, and logs in to its dashboard at /login.
    """
    shop, role = wished["shop"], wished["role"]
    if (shop is None) != (role is None):
        raise click.UsageError("--shop and --role go together: a shop, and what the user is there")
    if problem := users.name_problem(name):
        raise click.UsageError(problem)
    is_generated = _is_generated(wished["generate"], wished["password_stdin"], as_json)
    password = _new_password(is_generated, wished["password_stdin"])
    password_hash = hasher().hash(password)

    def create(tx: Any) -> int | None:
        id = users.add(tx, name, password_hash, now())
        if id is not None and shop is not None:
            members.put(tx, shop, Member(id, name, role, now()))
        return id

    id = write(create) if shop is None else of_shop(shop, create)
    if id is None:
        raise click.ClickException(f"there is a user {name} already; 'tillroll user role' lets them see a shop")
    document = {"id": id, "username": name} | ({"password": password} if is_generated else {})
    document |= {"shop": shop, "role": role} if shop is not None else {}
    say(as_json, document, "\n".join(f"{field:<10}{value}" for field, value in document.items()))


@user.command("role")
@click.argument("name")
@db_option
@click.option("--shop", required=True, help="The shop.")
@click.option("--role", type=click.Choice([*ROLES, NOBODY]), required=True, help="What the user is there from now on.")
@json_option
def user_role(name: str, shop: str, role: str, as_json: bool) -> None:
    """Let a user see the dashboard of a shop, in a role; with `none`, no more, from the next request on."""

    def change(tx: Any) -> bool:
        known = users.by_name(tx, name)
        if known is not None and role == NOBODY:
            members.remove(tx, shop, known.id)
        elif known is not None:
            members.put(tx, shop, Member(known.id, known.name, role, now()))
        return known is not None

    if not of_shop(shop, change):
        raise click.ClickException(f"there is no user {name}: tillroll user add")
    say(as_json, {"username": name, "shop": shop, "role": role}, f"{name} is {role} in {shop}")


@user.command("invite")
@db_option
@click.option("--shop", required=True, help="The shop.")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What whoever opens the link is there.")
@json_option
def user_invite(shop: str, role: str, as_json: bool) -> None:
    """Make a link with which one person signs up or logs in, and belongs to the shop; shown once, for a week."""
    secret = new_secret()
    if not of_shop(shop, lambda tx: members.invite(tx, shop, secret, Member(0, "Who runs this server", role, now()))):
        raise click.ClickException(f"{members.INVITATIONS_MAX} invitations of {shop} are open: withdraw one first")
    from tillroll.dashboard.people.page import JOIN  # noqa: PLC0415  all pages: loaded only where it is used

    path = JOIN.format(invitation=secret)
    say(as_json, {"shop": shop, "role": role, "path": path}, f"{path}  behind the address of this server")


@user.command("password")
@click.argument("name")
@db_option
@_generate
@_password_stdin
@json_option
def user_password(name: str, generate: bool, password_stdin: bool, as_json: bool) -> None:
    """Set a user's password, for one who has forgotten it. Ends every session of the user's, and revokes every key."""
    known = read(lambda tx: users.by_name(tx, name))
    if known is None:
        raise click.ClickException(f"there is no user {name}")
    is_generated = _is_generated(generate, password_stdin, as_json)
    password = _new_password(is_generated, password_stdin)
    password_hash = hasher().hash(password)
    write(lambda tx: users.set_password(tx, known.id, password_hash, now()))
    document = {"id": known.id, "username": known.name} | ({"password": password} if is_generated else {})
    say(as_json, document, "\n".join(f"{field:<10}{value}" for field, value in document.items()))


@user.command("reset-totp")
@click.argument("name")
@db_option
@json_option
def user_reset_totp(name: str, as_json: bool) -> None:
    """End the second step of a user's logins, for one who has lost the device and the recovery codes."""

    def reset(tx: Any) -> bool | None:
        known = users.by_name(tx, name)
        return None if known is None else totp.end(tx, known.id)

    was_on = write(reset)
    if was_on is None:
        raise click.ClickException(f"there is no user {name}")
    said = "logs in with the password alone" if was_on else "had no second step"
    say(as_json, {"username": name, "was_on": was_on}, f"{name} {said}")


@user.command("list")
@db_option
@json_option
def user_list(as_json: bool) -> None:
    """List the users."""
    found = read(users.listed)
    say(as_json, found, "\n".join(f"{one['id']:<6}{one['username']}" for one in found) or "no users yet")


@user.command("remove")
@click.argument("name")
@db_option
@click.option("--with-inventory", is_flag=True, help="Even where the user has items, which are deleted.")
@yes_option
@json_option
def user_remove(name: str, with_inventory: bool, yes: bool, as_json: bool) -> None:
    """Delete a user with all that is theirs: the inventory, sessions, keys, and what applications may do for them.

    The number is nobody else's ever; the name is free again. The ledgers of shops keep what was posted there.
    """

    def look(tx: Any) -> tuple[User, UserHoldings, list[Membership]] | None:
        known = users.by_name(tx, name)
        return None if known is None else (known, users.holdings(tx, known.id), members.shops_of(tx, known.id))

    found = read(look)
    if found is None:
        raise click.ClickException(f"there is no user {name}")
    known, held, memberships = found
    if held.items and not with_inventory:
        raise click.UsageError(f"{known.name} has {held.items} items in the inventory: --with-inventory deletes them")
    roles = ", ".join(f"{one.role} in {one.shop}" for one in memberships) or "in no shop"
    told = f"{held.items} items, {held.grants} applications that may post, {held.sessions} sessions and keys; {roles}"
    sure(f"Remove {known.name} (number {known.id}): {told}?", yes)
    if not write(lambda tx: users.remove(tx, known.id, now())):
        raise click.ClickException(f"there is no user {name} any more")
    document = {"removed": known.name, "id": known.id, **msgspec.structs.asdict(held)}
    say(as_json, document, f"removed {known.name} (number {known.id})")


@click.group()
def app() -> None:
    """Add, change, list and revoke the applications that post checkouts for users."""


@app.command("add")
@click.argument("shop")
@click.argument("name")
@db_option
@_redirects
@_scopes
@_repeats
@json_option
def app_add(shop: str, name: str, **wished: Any) -> None:
    """Create an application of a shop, with a client id and a secret key. The key is shown once."""
    key = new_secret()
    new = _settings(Application(shop, new_identifier(), name, (), False, frozenset()), wished)

    def create(tx: Any) -> bool:
        if all(one["shop"] != shop for one in shops.shops(tx)):
            return False
        applications.add(tx, new, key, now())
        return True

    if not write(create):
        raise click.ClickException(f"there is no shop {shop}")
    document = _document(new) | {"api_key": key}
    say(wished["as_json"], document, _lines(document))


@app.command("change")
@click.argument("client_id")
@db_option
@click.option("--name", help="What users see.")
@_redirects
@click.option("--scopes", help="What it may ask for.")
@_repeats
@json_option
def app_change(client_id: str, name: str | None, **wished: Any) -> None:
    """Change an application: what is given replaces what was there, the list of redirect URIs as a whole."""
    known = read(lambda tx: applications.by_client_id(tx, client_id))
    if known is None:
        raise click.ClickException(f"there is no live application {client_id}")
    changed = _settings(msgspec.structs.replace(known, name=name or known.name), wished)
    write(lambda tx: applications.change(tx, changed))
    document = _document(changed)
    say(wished["as_json"], document, _lines(document))


@app.command("list")
@db_option
@json_option
def app_list(as_json: bool) -> None:
    """List the applications of all shops, without their keys."""
    found = read(applications.listed)
    lines = [
        f"{one['shop']:<17}{one['client_id']:<24}{one['name']}{'  (revoked)' if one['revoked_at'] else ''}"
        for one in found
    ]
    say(as_json, found, "\n".join(lines) or "no applications yet: tillroll app add SHOP NAME")


@app.command("key")
@click.argument("client_id")
@db_option
@json_option
def app_key(client_id: str, as_json: bool) -> None:
    """Replace an application's secret key, which is shown once; the old one opens nothing from the next request on.

    Users and what they allowed the application stay.
    """
    key = new_secret()

    def replace(tx: Any) -> bool:
        known = applications.by_client_id(tx, client_id)
        return known is not None and shops.replace_key(tx, known.shop, client_id, key)

    if not write(replace):
        raise click.ClickException(f"there is no live application {client_id}")
    say(as_json, {"client_id": client_id, "api_key": key}, f"client_id      {client_id}\napi_key        {key}")


@app.command("revoke")
@click.argument("client_id")
@db_option
@json_option
def app_revoke(client_id: str, as_json: bool) -> None:
    """Revoke an application's key: it posts no more, from the next request on. What it posted stays."""

    def revoke(tx: Any) -> bool:
        known = applications.by_client_id(tx, client_id)
        return known is not None and shops.revoke_key(tx, known.shop, client_id, now())

    if not write(revoke):
        raise click.ClickException(f"there is no live application {client_id}")
    say(as_json, {"revoked": client_id}, f"revoked {client_id}")


def _is_generated(generate: bool, password_stdin: bool, as_json: bool) -> bool:
    if generate and password_stdin:
        raise click.UsageError("--generate and --password-stdin say two things about one password")
    return generate or (as_json and not password_stdin)


def _new_password(is_generated: bool, from_stdin: bool) -> str:
    """A password that nobody knows yet, or one that is given; raises UsageError for what can be none."""
    if is_generated:
        return new_secret()
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        raise click.UsageError("there is no terminal to ask for a password: use --password-stdin or --generate")
    if problem := users.password_problem(password):
        raise click.UsageError(problem)
    return password


def _settings(known: Application, wished: dict[str, Any]) -> Application:
    """An application with what was wished for; raises UsageError for what no application may have."""
    if not known.name.strip() or len(known.name) > users.NAME_CHARACTERS_MAX:
        raise click.UsageError(f"a name of {users.NAME_CHARACTERS_MAX} characters at most is needed")
    uris = tuple(wished["redirect_uris"]) or known.redirect_uris
    for uri in uris:
        if problem := applications.redirect_problem(uri):
            raise click.UsageError(f"{uri}: {problem}")
    scopes = known.scopes if wished["scopes"] is None else frozenset(wished["scopes"].replace(",", " ").split())
    if unknown := scopes - set(applications.SCOPES):
        raise click.UsageError(f"unknown scopes: {', '.join(sorted(unknown))}")
    repeats = known.counts_repeats if wished["count_repeats"] is None else wished["count_repeats"]
    return msgspec.structs.replace(known, redirect_uris=uris, scopes=scopes, counts_repeats=repeats)


def _document(one: Application) -> dict[str, Any]:
    return {
        "shop": one.shop,
        "client_id": one.client_id,
        "name": one.name,
        "redirect_uris": list(one.redirect_uris),
        "scopes": applications.in_order(one.scopes),
        "count_repeats": one.counts_repeats,
    }


def _lines(document: dict[str, Any]) -> str:
    shown = {name: " ".join(value) if isinstance(value, list) else value for name, value in document.items()}
    return "\n".join(f"{name:<15}{value}" for name, value in shown.items())
