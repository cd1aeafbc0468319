"""Settings: one page with a section for each thing that an admin decides, and a form for each change.

GET /dashboard/{shop}/settings      POST …/settings/{form} ──► done: back to it, or to a page that shows a secret once
                                                         └──► wrong: the page, with an error beside the field

Every change is an event of the ledger that says who made it; secrets are in none.
"""

from collections.abc import Mapping
from functools import partial

import msgspec

from tillroll.dashboard.office import Office, Staff
from tillroll.dashboard.settings import counting, dialects, gates, keys
from tillroll.dashboard.settings.outcomes import Work, Wrong
from tillroll.dialects.guards import origin_of
from tillroll.dialects.http import Response, Route
from tillroll.domain.events.events import Origin
from tillroll.domain.sales.facts import NUMBER_RULES
from tillroll.engine.access import admission
from tillroll.engine.access.native_keys import SCOPES
from tillroll.engine.inventory import applications
from tillroll.engine.sales import policies
from tillroll.engine.shops import changes, shops, switches
from tillroll.engine.shops.changes import Change
from tillroll.engine.shops.members import ADMIN

CHANGES = 15
# What a page says after a change, where it shows no secret.
NOTHING: Mapping[str, str] = {}


def forms(office: Office) -> dict[str, Work]:
    """What every form does, by its name."""
    return {**gates.FORMS, **keys.FORMS, **counting.forms(office.witnesses), **dialects.forms(office.sections)}


def routes(office: Office) -> list[Route]:
    """The page and its forms, for admins alone."""
    changing = [
        office.form(f"/settings/{name}", partial(_change, office, name, work), ADMIN)
        for name, work in forms(office).items()
    ]
    return [office.page("/settings", partial(_page, office), ADMIN), *changing]


def _change(office: Office, name: str, work: Work, staff: Staff) -> Response:
    outcome = work(staff)
    if isinstance(outcome, Wrong):
        return _page(office, staff, name, outcome)
    assert staff.visit.session is not None
    change = Change(staff.visit.session.user_name, name, outcome.what)
    changes.note(staff.tx, Origin(staff.shop, office.dialect), change, staff.visit.now)
    if outcome.shown_once:
        return staff.show("settings/secret.html", what=outcome.what, secrets=outcome.shown_once)
    return staff.visit.leave(f"{staff.base}/settings?done={name}#{name}")


def _page(office: Office, staff: Staff, form: str = "", wrong: Wrong | None = None) -> Response:
    tx, shop = staff.tx, staff.shop
    done = staff.query.get("done", "")
    counted = policies.counting(tx, shop)
    return staff.show(
        "settings/settings.html",
        422 if wrong is not None else 200,
        form=form,
        wrong=wrong.fields if wrong is not None else NOTHING,
        typed=staff.visit.form if wrong is not None else NOTHING,
        done=done if done in forms(office) else "",
        engines=admission.channels(tx, shop, gates.ENGINE),
        companies=admission.channels(tx, shop, gates.COMPANY),
        origins=admission.origins(tx, shop),
        bans=admission.bans(tx, shop),
        keys=[one for one in shops.credentials(tx, shop) if one["kind"] != applications.KIND],
        kinds=keys.KINDS,
        scopes=SCOPES,
        applications=applications.of_shop(tx, shop),
        counting=msgspec.structs.asdict(counted),
        windows="\n".join(f"{source}={hours}" for source, hours in sorted(counted.window_hours.items())),
        numbers=NUMBER_RULES,
        bounds=counting.NUMBERS,
        authority=office.witnesses.authority,
        sections=[(one, one.choices(tx, shop)) for one in office.sections],
        switches=switches.switches(tx, shop),
        changes=changes.latest(tx, Origin(shop, office.dialect), CHANGES),
        origin=origin_of(staff.visit.inbound) or "http://127.0.0.1:8080",
    )
