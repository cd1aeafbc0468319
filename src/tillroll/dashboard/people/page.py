"""People: who belongs to a shop, and what they may do there. For admins.

GET /dashboard/{shop}/people      POST …/people/role    another role, or a user who is let in      POST …/people/remove
                                  POST …/people/reset-totp    no second step any more, for whoever has lost their device
                                  POST …/people/invite  a link for one person, shown once     POST …/people/withdraw
GET /join/{invitation}            what one is invited to; who is a stranger logs in or signs up first
POST /join/{invitation}           and so belongs to the shop
"""

from functools import partial

from tillroll.dashboard.office import HOME, PAGES, Office, Staff
from tillroll.dialects.guards import origin_of
from tillroll.dialects.http import Response, Route, new_secret
from tillroll.domain.events.events import Origin
from tillroll.engine.inventory import totp, users
from tillroll.engine.shops import changes, members
from tillroll.engine.shops.changes import Change
from tillroll.engine.shops.members import ADMIN, INVITATION_DAYS, INVITATIONS_MAX, ROLES
from tillroll.pages.visits import Desk, Visit, form_route
from tillroll.store import Transaction
from tillroll.store.shops.members import Member

JOIN = "/join/{invitation}"

MEANINGS = {
    "viewer": "looks at everything, and takes files along",
    "analyst": "gives money back, and decides about sales, too",
    "admin": "says who belongs to the shop and decides its settings, too",
}


def routes(office: Office) -> list[Route]:
    """The page and its forms."""
    return [
        office.page("/people", _people, ADMIN),
        office.form("/people/role", partial(_put, office), ADMIN),
        office.form("/people/remove", partial(_remove, office), ADMIN),
        office.form("/people/reset-totp", partial(_reset_totp, office), ADMIN),
        office.form("/people/invite", partial(_invite, office), ADMIN),
        office.form("/people/withdraw", partial(_withdraw, office), ADMIN),
    ]


def door(desk: Desk) -> list[Route]:
    """The page behind the link of an invitation, and its form, for everybody who is logged in."""
    return [Route("GET", JOIN, desk.private(_invited), PAGES), form_route(JOIN, desk.private(_join), PAGES)]


def _people(staff: Staff) -> Response:
    return _page(staff)


def _page(staff: Staff, problem: str = "", link: str = "") -> Response:
    people = members.members(staff.tx, staff.shop)
    return staff.show(
        "people/people.html",
        422 if problem else 200,
        people=people,
        stepped={one.user_id for one in people if totp.is_on(staff.tx, one.user_id)},
        invitations=members.invitations(staff.tx, staff.shop, staff.visit.now),
        roles=MEANINGS,
        problem=problem,
        own=staff.visit.user_id,
        link=link,
        days=INVITATION_DAYS,
    )


def _put(office: Office, staff: Staff) -> Response:
    name, role = staff.visit.form.get("name", "").strip(), staff.visit.form.get("role", "")
    user = users.by_name(staff.tx, name)
    if user is None:
        return _page(staff, f"There is no user {name[:60]}. They sign up first, at /sign-up.")
    if role not in ROLES:
        return _page(staff, f"A role is one of {', '.join(ROLES)}.")
    if user.id == staff.visit.user_id and role != ADMIN:
        return _page(staff, "You can not take your own role away: another admin can.")
    members.put(staff.tx, staff.shop, Member(user.id, user.name, role, staff.visit.now))
    _note(office, staff, f"{user.name} is {role} from now on.")
    return staff.visit.leave(f"{staff.base}/people")


def _remove(office: Office, staff: Staff) -> Response:
    user = users.by_name(staff.tx, staff.visit.form.get("name", ""))
    if user is not None and user.id == staff.visit.user_id:
        return _page(staff, "You can not remove yourself: another admin can.")
    if user is not None and members.remove(staff.tx, staff.shop, user.id):
        _note(office, staff, f"{user.name} belongs to the shop no more.")
    return staff.visit.leave(f"{staff.base}/people")


def _reset_totp(office: Office, staff: Staff) -> Response:
    """End somebody's second step; only of whoever belongs to no shop but those that the admin decides about, too."""
    user = users.by_name(staff.tx, staff.visit.form.get("name", ""))
    if user is None or members.role_of(staff.tx, staff.shop, user.id) is None:
        return _page(staff, "Nobody of this shop is called that.")
    own = {one.shop for one in staff.shops if one.role == ADMIN}
    if not {one.shop for one in members.shops_of(staff.tx, user.id)} <= own:
        said = (
            f"{user.name} belongs to a shop that is not yours: ask whoever runs this server (tillroll user reset-totp)."
        )
        return _page(staff, said)
    if totp.end(staff.tx, user.id):
        _note(office, staff, f"The second step of {user.name} was ended.")
    return staff.visit.leave(f"{staff.base}/people")


def _invite(office: Office, staff: Staff) -> Response:
    role, secret = staff.visit.form.get("role", ""), new_secret()
    if role not in ROLES:
        return _page(staff, f"A role is one of {', '.join(ROLES)}.")
    name = staff.visit.session.user_name if staff.visit.session else ""
    if not members.invite(staff.tx, staff.shop, secret, Member(staff.visit.user_id, name, role, staff.visit.now)):
        return _page(staff, f"{INVITATIONS_MAX} invitations are open already: withdraw one first.")
    _note(office, staff, f"Somebody was invited to be {role}.")
    return _page(staff, link=origin_of(staff.visit.inbound) + JOIN.format(invitation=secret))


def _withdraw(office: Office, staff: Staff) -> Response:
    if members.withdraw(staff.tx, staff.shop, staff.visit.form.get("invitation", "")):
        _note(office, staff, "An invitation was withdrawn.")
    return staff.visit.leave(f"{staff.base}/people")


def _invited(tx: Transaction, visit: Visit) -> Response:
    found = members.invited(tx, visit.inbound.values["invitation"], visit.now)
    if found is None:
        return _gone(visit)
    shop, invitation = found
    return visit.show("people/join.html", shop_name=shop, invitation=invitation, about=MEANINGS[invitation.role])


def _join(tx: Transaction, visit: Visit) -> Response:
    session = visit.session
    assert session is not None  # the desk lets nobody else come here
    user = Member(session.user_id, session.user_name, "", visit.now)
    shop = members.accept(tx, visit.inbound.values["invitation"], user)
    return _gone(visit) if shop is None else visit.leave(f"{HOME}/{shop}")


def _gone(visit: Visit) -> Response:
    said = f"An invitation holds for {INVITATION_DAYS} days, and for one person. Ask for another one."
    return visit.show("error.html", 404, title="This invitation holds no more", said=said)


def _note(office: Office, staff: Staff, what: str) -> None:
    """Keep who decided it, with the changes of the shop's settings."""
    assert staff.visit.session is not None
    change = Change(staff.visit.session.user_name, "people", what)
    changes.note(staff.tx, Origin(staff.shop, office.dialect), change, staff.visit.now)
