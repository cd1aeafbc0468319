"""Which customer segments somebody is in, on a site and at a time (docs/wire/emporix.md, 10)."""

from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View

ACTIVE = "ACTIVE"


def of_customer(view: View, customer_id: str | None, site: str | None, now: int) -> frozenset[str]:
    """The active segments of a site that a customer is a member of now; without a site, of any. Nobody's are none."""
    if customer_id is None:
        return frozenset()
    found = {id.partition("/")[0] for id, _ in view.about(Kind.SEGMENT_MEMBER, customer_id)}
    view.load(Kind.SEGMENT, found)
    segments = [loaded.value for id in found if (loaded := view.loaded(Kind.SEGMENT, id)) is not None]
    return frozenset(
        segment.id
        for segment in segments
        if segment.status == ACTIVE
        and (site is None or segment.site_code in (None, site))
        and (segment.validity is None or segment.validity.on(view.clock(segment.site_code or site)).holds_at(now))
    )
