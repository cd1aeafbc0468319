"""What one call says: its kind, its fields checked in the documented order, and what it does to a cart.

    parameters ──► read(kind) ──► Said (or a refusal, which is kept as well)

Texts and their order: docs/wire/doofinder.md, 2; names of version 5 and what they are today: 3 and 14.11.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from hashlib import md5

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.dialects.amount_text import Ambiguous, amount_in
from tillroll.dialects.doofinder.errors import Refusal, SearchService
from tillroll.dialects.doofinder.parameters import (
    Parameters,
    Unreadable,
    document_of,
    missing,
    number,
    parameters_of,
    text,
    texts,
)
from tillroll.dialects.http import Inbound
from tillroll.domain.events.events import OF_A_PAGE, SHORT, WITH_A_KEY, Bounds, column_text, kept, unread
from tillroll.domain.money import is_sane_amount, is_sane_quantity, to_thousandths
from tillroll.domain.typed import Typed
from tillroll.engine.search import carts as search_carts
from tillroll.engine.search.carts import SearchCartItem

SESSION_CHARACTERS_MAX = 32
USER_CHARACTERS_MAX = 36
DEFAULT_INDEX = "product"
# A cart of a million of one item is no cart; below it no sum of a session's additions can overflow.
AMOUNT_MAX = Decimal(1_000_000)
ITEM_ID_CHARACTERS_MAX = 1000
PRICE_CHARACTERS_MAX = 60
ITEMS_MAX = 1000
_POSITION_MAX = 2**31 - 1

HASHID = re.compile(r"(?P<hashid>[0-9a-f]{32})(-.*)?", re.IGNORECASE | re.DOTALL)
_DFID = re.compile(r"[0-9a-f]{32}@[\w-]+@[0-9a-f]{32}", re.IGNORECASE)
_DIGITS = re.compile(r"\d{1,30}", re.ASCII)

_JSON = msgspec.json.Decoder(float_hook=Decimal)

# Every parameter that the vendor's documents or clients name (docs/wire/doofinder.md, 2 to 4).
DOCUMENTED = frozenset(
    (  # noqa: SIM905  words are read more easily
        "amount banner_id checkout_json currency custom_results_id datatype dfid has_init hashid hashids id img_id "
        "index item_id link page_type position price query query_name redirection_id resource_id session_id sources "
        "store title url user_id"
    ).split()
)
# A server's engines are few, and named in each call; a path that is longer than any hashid is not remembered.
HASHIDS_REMEMBERED = 1_024
REMEMBERED_CHARACTERS_MAX = 64
# What is shorter is kept as it is, whoever says it; few calls are longer.
WHOLE_BYTES_MAX = 2_048

BAD_REQUEST = Refusal(400, "bad_request", "Bad request")
SESSION_TOO_LONG = Refusal(400, "session_id_too_long", "session_id should have 32 characters or less")
INVALID_USER = Refusal(400, "invalid_user_id", "invalid_user_id")
INVALID_ITEM = Refusal(400, "invalid_cart_item", "Invalid cart item data")
INVALID_DFID = Refusal(400, "invalid_dfid", "Bad request, dfid is invalid")
FOREIGN_DFID = Refusal(400, "foreign_dfid", "Item hashid must be the same as search engine hashid")
INVALID_POSITION = Refusal(400, "invalid_position", "Bad request, position is invalid")
INVALID_REDIRECT = Refusal(400, "invalid_redirect", "Invalid redirect id")


class Said(Struct):
    """One call: what it says, what it does to a cart, and the refusal where it can not be taken.

    The session is part of the cart's key and of the visitor; `document` is what is kept of it, a JSON object that is
    still open at its end where `change` buys, because what was bought belongs into it. Of a call that says a lot, less
    is kept where it has no key (`page_document`), and little where it is refused (`short_document`); both are empty
    where all is short. With `names_no_engine` the key names the shop. Who calls too often has `wait_seconds` left.
    """

    service: SearchService
    kind: str
    hashid: str
    document: str = ""
    refusal: Refusal | None = None
    session_id: str | None = None
    user_id: str | None = None
    subject: str = ""
    detail: str | None = None
    change: str = ""
    items: tuple[SearchCartItem, ...] = ()
    names_no_engine: bool = False
    page_document: str = ""
    short_document: str = ""
    wait_seconds: int = 0


class _Refused(Exception):
    """A field is wrong; carries what is answered."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


Read = Callable[[Said, Parameters], None]


def reader(
    service: SearchService, kind: str, read: Read, names: Mapping[str, str] | None = None
) -> Callable[[Inbound], Said]:
    """A route's `decode`: never raises, because what is refused is kept too. `names` are older names of parameters."""

    def decode(inbound: Inbound) -> Said:
        said = Said(service, kind, canonical(inbound.values.get("hashid", "")))
        try:
            parameters = parameters_of(inbound)
            _keep(said, without_visitor(parameters))
        except Unreadable:
            said.refusal = BAD_REQUEST
            said.document = _unread(service, inbound.body or inbound.query_string)
            return said
        for old, new in (names or {}).items():
            if old in parameters:
                parameters.setdefault(new, parameters[old])
        _take_path(said, parameters, inbound.values)
        try:
            read(said, parameters)
        except _Refused as refused:
            said.refusal = refused.refusal
        else:
            _tell_changes(said)
        return said

    return decode


def _keep(said: Said, parameters: Parameters) -> None:
    """Write down what is kept of these parameters, by who says them. Raises Unreadable."""
    whole = document_of(parameters)
    if len(whole) <= WHOLE_BYTES_MAX:
        said.document = f'{{"api":"{said.service.api}","said":{whole}}}'
        return
    size = len(whole.encode("utf-8", "surrogatepass"))
    said.document = _cut(said.service, parameters, WITH_A_KEY, size)
    said.page_document = _cut(said.service, parameters, OF_A_PAGE, size)
    said.short_document = _cut(said.service, parameters, SHORT, size)


def _cut(service: SearchService, parameters: Parameters, bounds: Bounds, size: int) -> str:
    """A document within these bounds; where it is not all, `truncated` says of how many bytes."""
    said = kept(parameters, DOCUMENTED, bounds)
    mark = "" if said == parameters else f',"truncated":{size}'
    return f'{{"api":"{service.api}","said":{document_of(said)}{mark}}}'


def _unread(service: SearchService, sent: bytes) -> str:
    beginning = unread(sent)
    document: dict[str, object] = {"api": service.api, "unread": beginning}
    if len(beginning.encode()) < len(sent):
        document["truncated"] = len(sent)
    return msgspec.json.encode(document).decode()


def _tell_changes(said: Said) -> None:
    """Say in the document what the call does to a cart, in our words, so that the ledger alone adds up to the cart."""
    if said.items and said.change:
        changes = ",".join(f'["{item.line}",{item.quantity}]' for item in said.items)
        said.document = f'{said.document[:-1]},"changes":[{changes}]}}'
        if said.page_document:
            said.page_document = f'{said.page_document[:-1]},"changes":[{changes}]}}'


def _take_path(said: Said, parameters: Parameters, values: Mapping[str, str]) -> None:
    """What the path says wins (docs/wire/doofinder.md, 14.3); older clients say the hashid in the query."""
    parameters.update({name: values[name] for name in ("session_id", "dfid", "query") if name in values})
    if "event" in values:
        said.subject = values["event"]
    if not said.hashid:
        named = text(parameters.get("hashid")) or (text(parameters.get("dfid")) or "").partition("@")[0]
        said.hashid = canonical(named)


def canonical(hashid: str) -> str:
    """A hashid without what clients may append, in small letters."""
    return _known_canonical(hashid) if len(hashid) <= REMEMBERED_CHARACTERS_MAX else _canonical(hashid)


def _canonical(hashid: str) -> str:
    hashid = Typed(hashid).trimmed
    match = HASHID.fullmatch(hashid)
    return match["hashid"].lower() if match is not None else column_text(hashid)


_known_canonical = lru_cache(HASHIDS_REMEMBERED)(_canonical)


def without_visitor(parameters: Parameters) -> Parameters:
    """The parameters without what would tell who the visitor is by address or browser; deprecated and never kept."""
    told = {"ip", "referer", "user_agent", "ua"} & parameters.keys()
    return {name: value for name, value in parameters.items() if name not in told} if told else parameters


def dfid_of(hashid: str, index: str, item_id: str) -> str:
    """The id by which clicks name an item (docs/wire/doofinder.md, 8)."""
    return f"{hashid}@{index}@{_digest_of(item_id)}"


# Of an item alone, whose id has a limit: a path names engines of any length.
@lru_cache(search_carts.LINES_REMEMBERED)
def _digest_of(item_id: str) -> str:
    return md5(item_id.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


# --- what each kind says


def init(said: Said, parameters: Parameters) -> None:
    """A search session begins."""
    _need(parameters, ("session_id",))
    _visitor(said, parameters)
    said.subject = said.session_id or ""


def click(said: Said, parameters: Parameters) -> None:
    """A result was clicked."""
    _need(parameters, ("dfid", "session_id"))
    _dfid(said, parameters)
    _visitor(said, parameters)
    _query_and_position(said, parameters)


def click_5(said: Said, parameters: Parameters) -> None:
    """Version 5: by `dfid`, or by id and datatype; the oldest clients name no session."""
    if parameters.get("dfid") is None:
        _need(parameters, ("id",), "dfid")
        index, item_id = _item_name(parameters)
        said.subject = dfid_of(said.hashid, index, item_id)
    else:
        _dfid(said, parameters)
    _visitor(said, parameters)
    _query_and_position(said, parameters)


def banner(said: Said, parameters: Parameters) -> None:
    """A banner was clicked, or shown."""
    _need(parameters, ("id", "session_id"))
    _numbered(said, parameters)


def banner_5(said: Said, parameters: Parameters) -> None:
    """Version 5, where many clients name no session."""
    _need(parameters, ("id",))
    _numbered(said, parameters)


def redirect(said: Said, parameters: Parameters) -> None:
    """A redirection was followed."""
    _need(parameters, ("session_id", "id"))
    _numbered(said, parameters)


def redirect_5(said: Said, parameters: Parameters) -> None:
    """Version 5, where the oldest clients name no session."""
    _need(parameters, ("id",))
    _numbered(said, parameters)


def cart_add(said: Said, parameters: Parameters) -> None:
    """An item is added to the session's cart; without an amount one piece (docs/wire/doofinder.md, 17)."""
    is_untitled = "title" in parameters and parameters["title"] is None  # as PHP says that it knows none
    _need_of_item(parameters, ("id", "index") if is_untitled else ("id", "index", "title"))
    _visitor(said, parameters)
    title = "" if is_untitled else text(parameters["title"])
    if title is None:
        raise _Refused(INVALID_ITEM)
    _change(said, parameters, search_carts.ADD, title)


def cart_add_5(said: Said, parameters: Parameters) -> None:
    """Version 5: the session is a parameter like the others, and the title may be missing."""
    _need_of_item(parameters, ("session_id", "id"))
    _visitor(said, parameters)
    _change(said, parameters, search_carts.ADD, text(parameters.get("title")) or "")


def cart_remove(said: Said, parameters: Parameters) -> None:
    """So many of an item are taken out of the session's cart."""
    _need_of_item(parameters, ("id", "index", "amount"))
    _visitor(said, parameters)
    _change(said, parameters, search_carts.REMOVE, "")


def cart_remove_5(said: Said, parameters: Parameters) -> None:
    """Version 5: without an amount one piece."""
    _need_of_item(parameters, ("session_id", "id"))
    _visitor(said, parameters)
    _change(said, parameters, search_carts.REMOVE, "")


def cart_clear(said: Said, parameters: Parameters) -> None:
    """The session's cart is emptied."""
    _need(parameters, ("session_id",))
    _visitor(said, parameters)
    said.subject = said.session_id or ""
    said.change = search_carts.CLEAR


def checkout(said: Said, parameters: Parameters) -> None:
    """The session's visitor has bought what is in the cart."""
    if parameters.get("session_id") is None:
        raise _Refused(BAD_REQUEST)
    _visitor(said, parameters)
    if parameters.get("sources") is not None and texts(parameters["sources"]) is None:
        raise _Refused(BAD_REQUEST)
    said.subject = said.session_id or ""
    said.change = search_carts.BUY


def whole_cart(said: Said, parameters: Parameters) -> None:
    """Stats v2: the whole cart as it is at the checkout page."""
    _need_named(parameters, ("hashid", "checkout_json"))
    _visitor(said, parameters)
    said.subject = said.session_id or ""
    said.items = _whole_items(parameters["checkout_json"])
    said.change = search_carts.REPLACE if said.session_id is not None else ""


def sale(said: Said, parameters: Parameters) -> None:
    """Stats v2: the payment is confirmed."""
    _need_named(parameters, ("hashid",))
    _visitor(said, parameters)
    said.subject = said.session_id or ""
    said.change = search_carts.BUY if said.session_id is not None else ""


def visit(said: Said, parameters: Parameters) -> None:
    """Stats v2: a page was visited; where no engine is named, the store is the channel, and the key names the shop."""
    said.names_no_engine = not said.hashid
    _need_named(parameters, ("store",))
    if said.names_no_engine:
        said.hashid = canonical(text(parameters["store"]) or "")
    _visitor(said, parameters)
    said.subject = text(parameters.get("page_type")) or ""


def hit(said: Said, parameters: Parameters) -> None:
    """The oldest clients: any event by its name, of which a session and a click mean what they mean today."""
    if said.subject == "init":
        said.kind = "init"
        init(said, parameters)
    elif said.subject == "click" and parameters.get("dfid"):
        said.kind = "click"
        click_5(said, parameters)
    else:
        anything(said, parameters)


def anything(said: Said, parameters: Parameters) -> None:
    """An event of a name that we give no meaning: kept as it is (docs/wire/doofinder.md, 17)."""
    _visitor(said, parameters)


# --- how fields are read


def _need(parameters: Parameters, names: Sequence[str], named: str = "") -> None:
    absent = missing(parameters, names)
    if absent:
        raise _Refused(Refusal(400, "missing_fields", f"[{named or ', '.join(absent)}] fields are missing"))


def _need_of_item(parameters: Parameters, names: Sequence[str]) -> None:
    absent = missing(parameters, names)
    if absent:
        quoted = ", ".join(f'"{name}"' for name in absent)
        raise _Refused(Refusal(400, "missing_fields", f"Following fields are missing: [{quoted}]"))


def _need_named(parameters: Parameters, names: Sequence[str]) -> None:
    absent = missing(parameters, names)
    if absent:
        raise _Refused(Refusal(400, "missing_fields", f"{', '.join(absent)}: required"))


def _visitor(said: Said, parameters: Parameters) -> None:
    """The session and the user, both opaque and of limited length (docs/wire/doofinder.md, 8)."""
    session_id = _optional_text(parameters, "session_id")
    if session_id is not None and len(session_id) > SESSION_CHARACTERS_MAX:
        raise _Refused(SESSION_TOO_LONG)
    user_id = _optional_text(parameters, "user_id")
    if user_id is not None and len(user_id) > USER_CHARACTERS_MAX:
        raise _Refused(INVALID_USER)
    said.session_id, said.user_id = session_id, user_id


def _optional_text(parameters: Parameters, name: str) -> str | None:
    value = parameters.get(name)
    if value is None:
        return None
    found = text(value)
    if found is None:
        raise _Refused(INVALID_USER if name == "user_id" else BAD_REQUEST)
    return found


def _dfid(said: Said, parameters: Parameters) -> None:
    dfid = text(parameters["dfid"])
    if dfid is None or not _DFID.fullmatch(dfid):
        raise _Refused(INVALID_DFID)
    if dfid[:32].lower() != said.hashid:
        raise _Refused(FOREIGN_DFID)
    hashid, index, item = dfid.split("@")
    said.subject = f"{hashid.lower()}@{index}@{item.lower()}"


def _query(parameters: Parameters) -> str | None:
    """What somebody searched for, without the blanks around it: reports count it as one search."""
    said = text(parameters.get("query"))
    return Typed(said).trimmed if said is not None else None


def _query_and_position(said: Said, parameters: Parameters) -> None:
    said.detail = _query(parameters)
    if parameters.get("position") not in (None, ""):
        position = number(parameters["position"])
        if position is None or not 1 <= position <= _POSITION_MAX or position != position.to_integral_value():
            raise _Refused(INVALID_POSITION)


def _numbered(said: Said, parameters: Parameters) -> None:
    id = text(parameters["id"])
    if id is None or not _DIGITS.fullmatch(id):
        raise _Refused(INVALID_REDIRECT)
    said.subject = id
    _visitor(said, parameters)
    said.detail = _query(parameters)


def _item_name(parameters: Parameters) -> tuple[str, str]:
    index, item_id = text(parameters.get("index", DEFAULT_INDEX)), text(parameters["id"])
    if index is None or item_id is None or max(len(index), len(item_id)) > ITEM_ID_CHARACTERS_MAX:
        raise _Refused(INVALID_ITEM)
    return index, item_id


def _change(said: Said, parameters: Parameters, what: str, title: str) -> None:
    index, item_id = _item_name(parameters)
    quantity = _quantity(parameters.get("amount"))
    said.items = (SearchCartItem(index, item_id, quantity, _price(parameters.get("price")), title),)
    said.subject = dfid_of(said.hashid, index, item_id)
    said.change = what


def _quantity(value: object) -> int:
    if value is None or value == "":
        return 1000
    if type(value) is int and 0 <= value <= AMOUNT_MAX:  # what nearly everybody sends needs no decimals
        return value * 1000
    amount = number(value)
    if amount is None or not is_sane_quantity(amount) or amount > AMOUNT_MAX:
        raise _Refused(INVALID_ITEM)
    return to_thousandths(amount)


def _price(value: object) -> str | None:
    """An exact decimal; none where nobody said one, so that the line counts for pieces and not for money.

    `"$12.50"`: a price as text may carry its currency (docs/wire/doofinder.md, 4), and the separators of its locale.
    """
    if value is None or value == "":
        return None
    price = number(value)
    if price is None and isinstance(value, str) and len(value) <= PRICE_CHARACTERS_MAX:
        try:
            price = amount_in(value)
        except Ambiguous as error:
            raise _Refused(Refusal(400, "ambiguous_price", f"Invalid cart item data: the price {error}")) from error
    if price is None or not is_sane_amount(price) or price < 0:
        raise _Refused(INVALID_ITEM)
    return format(price, "f")


def _whole_items(value: object) -> tuple[SearchCartItem, ...]:
    """The items of a whole cart; another line of an item, at another price, is a line of its own."""
    prices: dict[str, str | None] = {}
    found = []
    for item in map(_whole_item, _lines(value)):
        is_known = prices.setdefault(item.id, item.price) == item.price
        found.append(item if is_known else replace(item, variant=item.price or ""))
    return tuple(found)


class Unsaid(Exception):
    """What a call said of its items was not kept as a whole."""


def items_said(kept_words: Parameters, kind: str) -> list[tuple[str, str | None]]:
    """Id and price of the items of an accepted call, from its words in the ledger, in order. Raises Unsaid."""
    try:
        if kind == "cart":
            return [(item.id, item.price) for item in _whole_items(kept_words.get("checkout_json"))]
        return [(_item_name(kept_words)[1], _price(kept_words.get("price")))]
    except (_Refused, KeyError) as error:
        raise Unsaid from error


def _lines(value: object) -> list[Parameters]:
    """The list, which a form or a query can only say as JSON text."""
    if isinstance(value, str):
        try:
            value = _JSON.decode(value)
        except (ValueError, RecursionError, ArithmeticError) as error:
            raise _Refused(Refusal(400, "invalid_cart", "checkout_json: a list of items")) from error
    if not isinstance(value, list) or len(value) > ITEMS_MAX or not all(isinstance(line, dict) for line in value):
        raise _Refused(Refusal(400, "invalid_cart", f"checkout_json: a list of at most {ITEMS_MAX} items"))
    return value


def _whole_item(line: Parameters) -> SearchCartItem:
    absent = missing(line, ("id", "quantity", "price"))
    if absent:
        raise _Refused(Refusal(400, "missing_fields", f"checkout_json: {', '.join(absent)}: required"))
    _, item_id = _item_name({"id": line["id"]})
    return SearchCartItem(
        DEFAULT_INDEX, item_id, _quantity(line["quantity"]), _price(line["price"]), text(line.get("title")) or ""
    )
