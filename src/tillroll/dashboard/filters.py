"""The bar of filters above a page: what it shows, and the addresses that its choices lead to."""

from collections.abc import Sequence
from datetime import tzinfo
from zoneinfo import ZoneInfo

from msgspec import Struct

from tillroll.dashboard.asked import CALENDARS, PERIODS, Wanted, address
from tillroll.dashboard.meanings import MODELS
from tillroll.dashboard.office import Staff
from tillroll.engine.sales.periods import day_text
from tillroll.store.sales import rows

# What a page may let its reader choose, beside the days.
MODEL, CURRENCY, CALENDAR, COMPARE, SOURCE, DIALECT = "model", "currency", "calendar", "compare", "source", "dialect"
AS_OF, CONVERT = "as_of", "convert"
_NAMES = {
    MODEL: "model",
    SOURCE: "source",
    DIALECT: "who tells of it",
    CURRENCY: "currency",
    CONVERT: "other currencies",
    CALENDAR: "calendar",
    COMPARE: "comparison",
}
EVER = (-(2**31), 2**31)


class Bar(Struct, frozen=True, kw_only=True):
    """What the bar needs: `here` is the page's address, `shows` what may be chosen, and the rest what from."""

    asks: Wanted
    here: str
    shows: tuple[str, ...]
    first: str
    last: str
    span: str
    zone: str
    currencies: Sequence[str] = ()
    sources: Sequence[str] = ()
    dialects: Sequence[str] = ()

    periods = PERIODS
    calendars = CALENDARS
    models = MODELS

    @property
    def fields(self) -> dict[str, str]:
        """What an address has to say for this page as it is: nothing that the page leaves out."""
        return self.asks.fields(self.shows)

    @property
    def names(self) -> str:
        """What there is to choose, as words."""
        return ", ".join(["days", *(name for key, name in _NAMES.items() if key in self.shows)])

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the days was chosen."""
        return bool(self.fields.keys() - {"period", "from", "to"})

    def to(self, **changes: str) -> str:
        """This page with something else chosen."""
        return address(self.here, self.fields, **changes)

    def page(self, path: str, **changes: str) -> str:
        """Another page or file with the same choices."""
        return address(path, self.fields, **changes)


def bar(staff: Staff, asks: Wanted, here: str, shows: tuple[str, ...], **choices: Sequence[str]) -> Bar:
    """The bar of a page, for these choices."""
    say = staff.words
    currencies = [one.currency for one in rows.currencies(staff.tx, staff.shop, *EVER)] if CURRENCY in shows else []
    return Bar(
        asks=asks,
        here=here,
        shows=shows,
        first=day_text(asks.first),
        last=day_text(asks.last),
        span=say.span_of(asks.first, asks.last),
        zone=zone_name(say.clock),
        **{"currencies": currencies, **choices},
    )


def zone_name(clock: tzinfo) -> str:
    """What a clock is called: `Europe/Berlin`."""
    return clock.key if isinstance(clock, ZoneInfo) else "UTC"
