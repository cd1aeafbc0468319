"""A shop whose clock shows another day than UTC does, whenever the tests run."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.shop import Shop

HOME = {"country": "DE", "zipCode": "10115"}


def far_clock() -> str:
    """A time zone in which it is another day now than in UTC."""
    return "Pacific/Kiritimati" if datetime.now(UTC).hour >= 10 else "Pacific/Pago_Pago"


def today(clock: str, days: int = 0) -> str:
    """The day that this clock shows, or one that is so many days ahead."""
    return (datetime.now(ZoneInfo(clock)).date() + timedelta(days=days)).isoformat()


def shop_at(shop: Shop, clock: str | None) -> Shop:
    """The shop with a mug at 11.90 to be bought on a site with this clock."""
    shop.site(homeBase={"address": HOME} | ({"timezone": clock} if clock else {}))
    shop.tax()
    shop.product("mug")
    shop.price("mug", "11.90")
    shop.zone()
    shop.method()
    shop.stock("mug")
    return shop
