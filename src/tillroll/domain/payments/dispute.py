"""The dispute: a buyer wants the money back through the bank. It is noted; the bank decides."""

from msgspec import Struct

from tillroll.domain.payments.provider import DisputeStage

# While it is one of these nothing is given back beside it: the bank has the money, or may take it.
IN_THE_WAY = frozenset({DisputeStage.OPEN, DisputeStage.LOST})


class PaymentDispute(Struct, frozen=True):
    """A dispute as it is stored, under its provider's id; amounts are minor units, times microseconds UTC."""

    shop: str
    id: str
    attempt_id: str
    order_id: str
    mode_id: str
    currency: str
    amount_minor: int
    stage: DisputeStage
    reason: str
    created_at: int
    changed_at: int
