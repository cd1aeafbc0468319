"""Goods as people enter them, in a form, a CSV row or a JSON document: amounts as decimals, days as dates."""

from collections.abc import Mapping

from tillroll.dialects.scout.wording import Unreadable, read_amount, read_moment
from tillroll.domain.inventory.inventory import CURRENCIES, DAY, SECOND, TAGS_MAX, TEXT_CHARACTERS_MAX, Goods

FIELDS = (
    "order_id",
    "name",
    "sku",
    "size",
    "brand",
    "color",
    "store",
    "currency",
    "purchase_price",
    "tax",
    "shipping_price",
    "date",
    "tags",
)
_TEXTS = ("order_id", "name", "sku", "size", "brand", "color", "store")
_REQUIRED = {"name", "currency", "purchase_price", "date"}
# A size that there is none of (docs/wire/scout.md, 3).
ONE_SIZE = "OS"


class EntryRefused(Exception):
    """What was entered is not in order; every problem in one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


def goods_from(fields: Mapping[str, str], now: int, known: Goods | None = None) -> Goods:
    """The goods; raises EntryRefused. What nobody can write stays as it is `known`: tags with commas, split seconds."""
    problems = [f"{name} is required." for name in FIELDS if name in _REQUIRED and not fields.get(name, "").strip()]
    texts = {name: fields.get(name, "").strip() for name in _TEXTS}
    problems += [
        f"{name} is longer than {TEXT_CHARACTERS_MAX} characters."
        for name, text in texts.items()
        if len(text) > TEXT_CHARACTERS_MAX
    ]
    currency = fields.get("currency", "").strip().lower()
    if currency and currency not in CURRENCIES:
        problems.append(f"currency must be one of {', '.join(CURRENCIES)}.")
    amounts = {name: _amount(fields, name, problems) for name in ("purchase_price", "tax", "shipping_price")}
    bought_at = _moment(fields, now, problems)
    tags = tuple(tag.strip() for tag in fields.get("tags", "").split(",") if tag.strip())
    if len(tags) > TAGS_MAX or any(len(tag) > TEXT_CHARACTERS_MAX for tag in tags):
        problems.append(f"tags are {TAGS_MAX} at most, of {TEXT_CHARACTERS_MAX} characters each.")
    if problems:
        raise EntryRefused(problems)
    if known is not None and known.bought_at // SECOND * SECOND == bought_at:
        bought_at = known.bought_at
    if known is not None and ", ".join(known.tags) == fields.get("tags", "").strip():
        tags = known.tags
    return Goods(
        order_id=texts.pop("order_id"),
        name=texts.pop("name"),
        size=texts.pop("size") or ONE_SIZE,
        currency=currency,
        price_minor=amounts["purchase_price"] or 0,
        bought_at=bought_at,
        tax_minor=amounts["tax"],
        shipping_minor=amounts["shipping_price"],
        tags=tags,
        **texts,
    )


def _amount(fields: Mapping[str, str], name: str, problems: list[str]) -> int | None:
    try:
        return read_amount(fields.get(name, ""))
    except Unreadable as error:
        problems.append(f"{name}: {error}.")
        return None


def _moment(fields: Mapping[str, str], now: int, problems: list[str]) -> int:
    text = fields.get("date", "").strip()
    if not text:
        return 0
    try:
        moment = read_moment(text)
    except Unreadable as error:
        problems.append(f"date: {error}.")
        return 0
    if not 0 <= moment <= now + DAY:
        problems.append("date must be between 1970 and a day from now.")
    return moment
