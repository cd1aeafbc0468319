"""The one way into the outbox: what became true is told in the transaction in which it does.

    audience(tx, shop) ─► does anybody ask for this type? ─► tell(tx, audience, messages) ─► deliveries, lanes

A shop without endpoints pays one look, which a checkout remembers with the version of the shop's set-up. The subject of
a message is locked by whoever changes it, so that messages of one subject have the order in which they became true.
"""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.domain.outbox.messages import OutboxMessage, body_of
from tillroll.engine.documents.snapshot import View
from tillroll.store import Transaction
from tillroll.store.outbox import rows
from tillroll.store.outbox.rows import LaneKey, NewDelivery

_ASKING = "webhooks_asking"


class Audience(Struct, frozen=True):
    """The endpoints of a shop that are switched on, by the types that they ask for."""

    shop: str
    by_type: dict[str, tuple[str, ...]]

    def asks_for(self, *types: str) -> bool:
        """Whether anybody asks for one of these types."""
        return any(type in self.by_type for type in types)


def audience(tx: Transaction, shop: str) -> Audience:
    """Who asks a shop for what, as it is now."""
    by_type: dict[str, tuple[str, ...]] = {}
    for one in rows.asking(tx, shop):
        for type in one.types.split():
            by_type[type] = (*by_type.get(type, ()), one.id)
    return Audience(shop, by_type)


def audience_of(view: View) -> Audience:
    """The same, remembered with the version of the shop's set-up."""
    return view.remembered(_ASKING, lambda tx: audience(tx, view.head.shop))


def tell(tx: Transaction, heard_by: Audience, messages: Sequence[OutboxMessage]) -> None:
    """Write these messages, in their order, for everybody who asks for them."""
    for_whom = [(one, webhook_id) for one in messages for webhook_id in heard_by.by_type.get(one.type, ())]
    send(tx, heard_by.shop, for_whom)


def send(tx: Transaction, shop: str, for_whom: Sequence[tuple[OutboxMessage, str]]) -> None:
    """Write messages for the endpoints that are named beside them."""
    if not for_whom:
        return
    bodies = {id(message): body_of(message) for message, _ in for_whom}
    deliveries = [
        NewDelivery(shop, webhook_id, one.type, one.subject, bodies[id(one)], one.at) for one, webhook_id in for_whom
    ]
    rows.insert_deliveries(tx, deliveries)
    lanes = [LaneKey(shop, webhook_id, one.subject) for one, webhook_id in for_whom]
    rows.open_lanes(tx, lanes, min(one.at for one, _ in for_whom))
