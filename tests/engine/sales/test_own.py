"""What the first page of a visit tells of who led to it."""

from typing import Any

import msgspec
import pytest

from tillroll.domain.sales.facts import TouchTold
from tillroll.engine.sales.own import OF_VISITORS, PAGE_VIEWED
from tillroll.engine.sales.reading import Home
from tillroll.store.ledger.rows import LedgerRow


@pytest.mark.parametrize(
    ("document", "source"),
    [
        ({"campaign": {"source": "mail", "medium": "email", "name": "Spring"}}, "campaign:spring"),
        ({"campaign": {"source": "chatgpt.com"}}, "assistant:chatgpt"),
        ({"click_id": {"name": "gclid", "value": "abc"}}, "campaign:google"),
        ({"referrer": "android-app://com.slack/"}, "social:slack"),
        ({"page": "https://shop.example/"}, "direct"),
    ],
)
def test_a_page_tells_who_led_to_it(document: dict[str, Any], source: str) -> None:
    text = msgspec.json.encode(document).decode()
    row = LedgerRow(1, "native", PAGE_VIEWED, "", "/", "v", None, "", None, "accepted", "", 1, 1, "0" * 32, text)
    told = OF_VISITORS[PAGE_VIEWED](row, Home("EUR"))
    assert isinstance(told, TouchTold)
    assert told.source == source
    assert told.is_direct == (source == "direct")
