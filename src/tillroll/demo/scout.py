"""Somebody with an inventory of her own lets a bot post to it, as Scout's applications do."""

import re
import time
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

from tillroll.demo.browser import Browser, DemoFailed, DemoServer
from tillroll.engine.shops.shops import ShopKeys
from tillroll.keymaker import new_hashid, new_secret

REDIRECT = "https://bot.example/callback"

_FORM_TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


def buy(server: DemoServer, keys: ShopKeys) -> None:
    """Sign-up, consent, the exchange of the code, and one post."""
    bot = Browser(server, {"x-api-key": keys.scout_key})
    exchange = {"code": _code(server, keys), "redirect_uri": REDIRECT}
    user = bot.call("POST", "/api/v1/oauth/token", exchange, says="the bot's token for her")["user"]
    shoe = {"name": "Stoneware cup", "size": "OS", "sku": "cup", "brand": "Demo", "store": "demo"}
    paid = {"order_id": new_hashid(), "purchase_currency": "eur", "purchase_price": 1250, "shipping_price": 490}
    post = {"user_id": user["id"], "access_token": user["access_token"], "checkout_time": int(time.time())}
    bot.call("POST", "/checkout", {**shoe, **paid, **post}, says="POSTED, on disk")


def _code(server: DemoServer, keys: ShopKeys) -> str:
    """The code that she lets the bot have, at her browser."""
    ada, password = Browser(server), new_secret()
    quiet = Browser(server, is_quiet=True, cookies=ada.cookies)
    name = f"ada-{new_hashid()[:8]}"
    joined = {"token": _form_token(quiet, "/sign-up"), "name": name, "password": password, "again": password}
    ada.form("POST", "/sign-up", joined, says="she signs up")
    asked = {"client_id": keys.scout_client_id, "redirect_uri": REDIRECT, "scopes": "checkouts,username"}
    allowed = {"token": _form_token(quiet, f"/oauth/new?{urlencode(asked)}"), "decision": "allow", **asked}
    back = ada.form("POST", "/oauth/new", allowed, says="she lets the bot post")
    return parse_qs(urlsplit(back.location).query)["code"][0]


def _form_token(page: Browser, path: str) -> str:
    found = _FORM_TOKEN.search(unescape(page.send("GET", path).text))
    if found is None:
        raise DemoFailed(f"there is no form at {path}")
    return found[1]
