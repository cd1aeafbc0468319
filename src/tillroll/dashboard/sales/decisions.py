"""What people decide about a sale by form: give money back, make sales one, part reports, undo a decision.

POST /dashboard/{shop}/sales/{id}/refund · merge · split · undo ──► an event of the ledger ──► back to the sale
"""

from collections.abc import Callable
from functools import partial

from tillroll.dashboard.office import Office, Staff
from tillroll.dashboard.sales.page import NO_SALE, sale_page
from tillroll.dialects.http import Response, Route
from tillroll.domain.events.events import Origin
from tillroll.engine.sales import decide, show
from tillroll.engine.sales.amounts import minor_of_text
from tillroll.engine.sales.decide import Decided
from tillroll.engine.sales.show import ShownSale

REASON_CHARACTERS_MAX = 500
IDS_CHARACTERS_MAX = 1_000
SALES_MAX = 50
AMOUNT_MINOR_MAX = 10**15

Decide = Callable[[Staff, ShownSale, Decided], str]
"""Does what a form asks for; what is wrong with it, or nothing."""


def routes(office: Office) -> list[Route]:
    """The forms about a sale."""
    return [
        office.form("/sales/{id}/refund", partial(_decide, office, _refund, "rfd")),
        office.form("/sales/{id}/merge", partial(_decide, office, _merge, "dec")),
        office.form("/sales/{id}/split", partial(_decide, office, _split, "dec")),
        office.form("/sales/{id}/undo", partial(_decide, office, _undo, "dec")),
    ]


def _decide(office: Office, work: Decide, prefix: str, staff: Staff) -> Response:
    inbound = staff.visit.inbound
    shown = show.sale(staff.tx, office.witnesses, staff.shop, inbound.values["id"])
    if shown is None:
        return staff.missing(*NO_SALE)
    assert staff.visit.session is not None
    by = staff.visit.session.user_name
    decided = Decided(Origin(staff.shop, office.dialect), f"{prefix}_{inbound.id}", staff.visit.now, by)
    problem = work(staff, shown, decided)
    if problem:
        return sale_page(office, staff, problem)
    done = inbound.path.rpartition("/")[2]
    return staff.visit.leave(f"{staff.base}/sales/{shown.sale.id}?done={done}")


def _refund(staff: Staff, shown: ShownSale, decided: Decided) -> str:
    sale, form = shown.sale, staff.visit.form
    reason = form.get("reason", "").strip()
    if len(reason) > REASON_CHARACTERS_MAX:
        return f"A reason has {REASON_CHARACTERS_MAX} characters at most."
    typed = form.get("amount", "").strip()
    amount = minor_of_text(typed, sale.currency) if typed else None
    left = sale.total_minor - sale.refunded_minor
    if typed and (amount is None or not 0 < amount <= AMOUNT_MINOR_MAX):
        return f"“{typed[:40]}” is no amount of {sale.currency}: write it like {staff.words.number(12.5)}."
    if left <= 0:
        return "Everything was given back already."
    if amount is not None and amount > left:
        return f"There are only {staff.words.money(left, sale.currency)} left to give back."
    product = form.get("product", "")
    if product and product not in {line.product_id for line in sale.lines}:
        return "The sale has no such line."
    line: dict[str, object] = {"product_id": product, "amount_minor": amount}
    said: dict[str, object] = {"sale": sale.id, "currency": sale.currency, "reason": reason}
    said |= {"amount_minor": None if product else amount, "lines": [line] if product else []}
    decide.refund(staff.tx, decided, said)
    return ""


def _merge(staff: Staff, shown: ShownSale, decided: Decided) -> str:
    said = staff.visit.form.get("sales", "")[:IDS_CHARACTERS_MAX].replace(",", " ").split()
    if not said or len(said) > SALES_MAX:
        return f"Name the other sale by its id, such as s12; {SALES_MAX} at most."
    found = [show.found(staff.tx, staff.shop, id) for id in said]
    unknown = [id for id, one in zip(said, found, strict=True) if one is None]
    if unknown:
        return f"There is no sale {unknown[0][:40]} in this shop."
    others = {one for one in found if one is not None} - {shown.sale.id}
    if not others:
        return "Name another sale than this one."
    decide.merge(staff.tx, decided, (shown.sale.id, *sorted(others)))
    return ""


def _split(staff: Staff, shown: ShownSale, decided: Decided) -> str:
    form = staff.visit.form
    named = {position for position in shown.sale.reports if form.get(f"report-{position}")}
    if not named:
        return "Choose the reports that are another sale."
    if named == set(shown.sale.reports):
        return "One report has to stay."
    decide.split(staff.tx, decided, tuple(sorted(named)))
    return ""


def _undo(staff: Staff, shown: ShownSale, decided: Decided) -> str:
    decision = staff.visit.form.get("decision", "")
    if decision not in shown.sale.decisions:
        return "No such decision holds for this sale."
    decide.undo(staff.tx, decided, decision)
    return ""
