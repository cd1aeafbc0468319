"""A visitor's search session, as Doofinder's clients report it: click, cart, checkout, and what it sold."""

from datetime import UTC, datetime
from hashlib import md5

from tillroll.demo.browser import Browser, DemoServer, tell
from tillroll.engine.shops.shops import ShopKeys
from tillroll.keymaker import new_hashid

ITEM, TITLE, PRICE = "espresso", "Espresso beans, 1 kg", 18.90


def buy(server: DemoServer, keys: ShopKeys) -> None:
    """One session from its first search to its purchase, then the report of sales."""
    client = Browser(server, {"authorization": f"Token {keys.search_key}"})
    stats, session = f"/6/{keys.hashid}/stats", new_hashid()
    client.call("PUT", f"{stats}/init", {"session_id": session}, says="a search session")
    dfid = f"{keys.hashid}@product@{md5(ITEM.encode(), usedforsecurity=False).hexdigest()}"
    click = {"session_id": session, "dfid": dfid, "query": "espresso", "position": 1}
    client.call("PUT", f"{stats}/click", click, says="the first result of 'espresso'")
    item = {"id": ITEM, "index": "product", "title": TITLE, "amount": 2, "price": PRICE}
    client.call("PUT", f"{stats}/cart/{session}", item, says=f"2 x {ITEM}")
    client.call("PUT", f"{stats}/checkout", {"session_id": session}, says="BOUGHT, on disk")
    today = f"{datetime.now(UTC):%Y%m%d}"
    path = f"/api/v2/stats/sales?from={today}&to={today}&hashids[]={keys.hashid}"
    sales = client.call("GET", path, says="what searching has sold")
    tell(f"  sold by search today: {sales['total_amount']:.2f}")
