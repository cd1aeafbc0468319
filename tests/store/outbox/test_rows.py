"""The columns of the queries about the outbox are those that they are read by, and a lane goes on where one waits."""

from concurrent.futures import ThreadPoolExecutor

from tests.store.columns import Fits, misfits
from tests.store.ground import NOW, SHOP
from tillroll.store import Store, Transaction
from tillroll.store.outbox import rows
from tillroll.store.outbox.rows import (
    ClaimedLane,
    DeliveryCount,
    DeliveryPlace,
    DeliveryRow,
    LaneKey,
    NewDelivery,
    NewWebhook,
    NextDelivery,
    ShopAsking,
    WebhookAsking,
    WebhookRow,
)

FITS: Fits = {
    "claim_webhook_lanes": ClaimedLane,
    "lock_webhook_lane": ("turn",),
    "next_webhook_delivery": NextDelivery,
    "shops_asking": ShopAsking,
    "webhook": WebhookRow,
    "webhook_deliveries_page": DeliveryRow,
    "webhook_deliveries_page_in_state": DeliveryRow,
    "webhook_deliveries_settled": DeliveryPlace,
    "webhook_delivery": DeliveryRow,
    "webhook_delivery_counts": DeliveryCount,
    "webhook_lanes_due": ("count",),
    "webhook_secrets": ("secret",),
    "webhooks": WebhookRow,
    "webhooks_asking": WebhookAsking,
}
LANES = [LaneKey(SHOP, "we_1", f"order:{number}") for number in range(20)]


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "outbox", FITS) == []


def _fill(tx: Transaction) -> None:
    rows.insert_webhook(tx, NewWebhook(SHOP, "we_1", "https://a.example/", "order.created", "", NOW))
    rows.insert_deliveries(
        tx, [NewDelivery(SHOP, "we_1", "order.created", lane.subject, "{}", NOW) for lane in LANES for _ in range(2)]
    )
    rows.open_lanes(tx, [*LANES, *LANES], NOW)


def test_many_who_claim_at_once_get_each_lane_once(store: Store) -> None:
    store.write_now(_fill)

    def claim(_: int) -> list[ClaimedLane]:
        return store.write_now(lambda tx: rows.claim_lanes(tx, (NOW, NOW + 10), [], 3))

    with ThreadPoolExecutor(4) as pool:
        found = [lane.key for claimed in pool.map(claim, range(8)) for lane in claimed]
    assert sorted(found) == sorted(LANES)


def test_messages_keep_the_order_in_which_they_were_written(store: Store) -> None:
    store.write_now(_fill)
    page = store.read_now(lambda tx: rows.deliveries_page(tx, SHOP, "we_1", ("", 2**62, 100)))
    assert [row.subject for row in reversed(page)] == [lane.subject for lane in LANES for _ in range(2)]
    assert len({row.position for row in page}) == 2 * len(LANES)
