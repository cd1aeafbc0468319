"""What somebody wants of an order's payments: it is written down here, and done by whoever asks the provider."""

from msgspec.structs import replace

from tillroll.domain.payments.attempt import DECLINED_WISH
from tillroll.engine.locks import lock_payments
from tillroll.store import Transaction
from tillroll.store.payments import rows


def let_go(tx: Transaction, shop: str, order_id: str, now: int) -> None:
    """Let go of whatever is held for an order, or is about to be: it is looked at at once. Its attempts are locked."""
    for attempt in lock_payments(tx, shop, order_id):
        if not attempt.is_final and attempt.wish != DECLINED_WISH:
            wanted = replace(attempt, wish=DECLINED_WISH, version=attempt.version + 1, check_at=now, changed_at=now)
            rows.update_attempt(tx, wanted)
