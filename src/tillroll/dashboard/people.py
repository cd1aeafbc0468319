"""People: who belongs to a shop, and what they may do there. For admins.

GET /dashboard/{shop}/people      POST …/people/role    another role, or a user who is let in      POST …/people/remove
"""

from tillroll.dashboard.office import Office, Staff
from tillroll.dialects.http import Response, Route
from tillroll.engine.inventory import users
from tillroll.engine.shops import members
from tillroll.engine.shops.members import ADMIN, ROLES
from tillroll.store.shops.members import Member

MEANINGS = {
    "viewer": "looks at everything, and takes files along",
    "analyst": "gives money back, and decides about sales, too",
    "admin": "says who belongs to the shop, too",
}


def routes(office: Office) -> list[Route]:
    """The page and its forms."""
    return [
        office.page("/people", _people, ADMIN),
        office.form("/people/role", _put, ADMIN),
        office.form("/people/remove", _remove, ADMIN),
    ]


def _people(staff: Staff) -> Response:
    return _page(staff)


def _page(staff: Staff, problem: str = "") -> Response:
    found = members.members(staff.tx, staff.shop)
    status = 422 if problem else 200
    own = staff.visit.user_id
    return staff.show("people.html", status, people=found, roles=MEANINGS, problem=problem, own=own)


def _put(staff: Staff) -> Response:
    name, role = staff.visit.form.get("name", "").strip(), staff.visit.form.get("role", "")
    user = users.by_name(staff.tx, name)
    if user is None:
        return _page(staff, f"There is no user {name[:60]}. They sign up first, at /sign-up.")
    if role not in ROLES:
        return _page(staff, f"A role is one of {', '.join(ROLES)}.")
    if user.id == staff.visit.user_id and role != ADMIN:
        return _page(staff, "You can not take your own role away: another admin can.")
    members.put(staff.tx, staff.shop, Member(user.id, user.name, role, staff.visit.now))
    return staff.visit.leave(f"{staff.base}/people")


def _remove(staff: Staff) -> Response:
    user = users.by_name(staff.tx, staff.visit.form.get("name", ""))
    if user is not None and user.id == staff.visit.user_id:
        return _page(staff, "You can not remove yourself: another admin can.")
    if user is not None:
        members.remove(staff.tx, staff.shop, user.id)
    return staff.visit.leave(f"{staff.base}/people")
