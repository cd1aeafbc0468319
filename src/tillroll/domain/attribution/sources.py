"""Sources of visits: who led somebody to the shop, by what the first page of the visit was called with.

    campaign parameters (utm_…)  →  click ids  →  the referrer's host or app  →  direct    the first that says something

A lead has a source, a medium and perhaps a campaign, in small letters; its `channel` is the source of a touch. What a
page was called with is written by strangers: it is read up to a limit, and nothing of it is an error.
"""

from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from tillroll.domain.attribution.referrers import (
    ASSISTANT,
    DIRECT,
    MAIL,
    ORGANIC,
    PAYMENT,
    REFERRAL,
    SHOPPING,
    SOCIAL,
    click_ids,
    kind_of,
    listed_app,
    listed_host,
)
from tillroll.domain.typed import Typed

# More than any browser sends of an address; what is behind it is not read.
ADDRESS_CHARACTERS_MAX = 8192
# Longer names of campaigns are cut: they are keys of reports.
NAME_CHARACTERS_MAX = 100

# A name of a host is not longer (RFC 1035, 2.3.4); what is, is none.
HOST_CHARACTERS_MAX = 253

# The parameters of campaigns.
_TAGS = ("utm_source", "utm_medium", "utm_campaign", "utm_id")
# The medium of what is tagged as a campaign without a word of its own.
CAMPAIGN = "campaign"

_APP_SCHEMES = ("android-app", "ios-app")
_WEB_SCHEMES = ("http", "https")
# Kinds that are told apart by their source; what is tagged otherwise is a campaign.
_BY_SOURCE = (ASSISTANT, ORGANIC, SOCIAL, MAIL, SHOPPING, REFERRAL)


class Visit(Struct, frozen=True):
    """How a visit began: the addresses of its first page and of its referrer, as they were sent."""

    page: str = ""
    referrer: str = ""


class Lead(Struct, frozen=True):
    """Who or what led to a visit."""

    source: str
    medium: str
    campaign: str | None = None

    @property
    def is_direct(self) -> bool:
        """Whether nothing did, as far as anybody knows."""
        return self.medium == DIRECT

    @property
    def channel(self) -> str:
        """The source of a touch: `campaign:spring`, `assistant:chatgpt`, `referral:a.example`, `direct`.

        Strangers choose what stands behind the colon, and never the family before it.
        """
        if self.is_direct:
            return DIRECT
        if self.campaign is None and self.medium in _BY_SOURCE:
            return f"{self.medium}:{self.source}"
        return f"campaign:{self.campaign or self.source}"


_DIRECT_LEAD = Lead(DIRECT, DIRECT)


def lead(visit: Visit, own_hosts: Collection[str]) -> Lead | None:
    """Who led to a visit; None where a page of the shop did, or a payment, which is no interaction at all.

    `own_hosts` are the shop's; each stands for all its subdomains, and for the domain without `www`.
    """
    said = _parameters(visit.page)
    by_click = next((named for name, named in click_ids().items() if name in said), None)
    by_referrer = _by_referrer(visit.referrer, {_bare(_host(host)) for host in own_hosts} - {""})
    if not said.keys().isdisjoint(_TAGS):
        return _tagged(said, by_click, by_referrer)
    if by_click is not None:
        return Lead(*by_click)
    return by_referrer


def _parameters(page: str) -> dict[str, str]:
    """The parameters of an address that say who led to it, by their names in small letters; of several the first."""
    query = page[:ADDRESS_CHARACTERS_MAX].partition("#")[0].partition("?")[2]
    said: dict[str, str] = {}
    for name, value in parse_qsl(query, errors="replace"):
        known = name.strip().casefold()
        kept = _name(value) if known in _TAGS or known in click_ids() else ""
        if kept:
            said.setdefault(known, kept)
    return said


def _name(text: str) -> str:
    """A text as a name: in small letters, without what can not be printed, and not too long."""
    shown = "".join(character if character.isprintable() else " " for character in text[:ADDRESS_CHARACTERS_MAX])
    return Typed(shown).folded[:NAME_CHARACTERS_MAX].strip()


def _tagged(said: Mapping[str, str], by_click: tuple[str, str] | None, by_referrer: Lead | None) -> Lead:
    """A campaign, by its own words; what it does not say is taken from the click, then from the referrer."""
    campaign = said.get("utm_campaign") or said.get("utm_id")
    source = said.get("utm_source")
    if source is not None:
        source, kind = listed_host(source) or (source, kind_of(source))
        if by_click is not None and by_click[0] == source:
            kind = by_click[1]
    elif by_click is not None:
        source, kind = by_click
    elif by_referrer is not None and not by_referrer.is_direct:
        source, kind = by_referrer.source, by_referrer.medium
    else:
        source, kind = campaign or said["utm_medium"], None
    return Lead(source, said.get("utm_medium") or (kind if kind != PAYMENT else None) or CAMPAIGN, campaign)


def _by_referrer(referrer: str, own_hosts: Collection[str]) -> Lead | None:
    """As `lead`, by the referrer alone."""
    scheme, _, rest = referrer[:ADDRESS_CHARACTERS_MAX].strip().partition("://")
    scheme = scheme.lower()
    if scheme in _APP_SCHEMES:
        host = rest.partition("/")[0][:HOST_CHARACTERS_MAX].lower()
        found = listed_app(host)
    elif scheme in _WEB_SCHEMES:
        host = _host(rest)
        found = listed_host(host)
        if any(host == own or host.endswith(f".{own}") for own in own_hosts):
            return None
    else:
        return _DIRECT_LEAD
    if found is not None:
        return Lead(*found) if found[1] != PAYMENT else None
    return Lead(_name(host), REFERRAL) if _name(host) else _DIRECT_LEAD


def _host(address: str) -> str:
    """The host of an address without its scheme: in small letters and in ASCII, without user, port and last dot."""
    try:
        host = (urlsplit(f"//{address.strip()}").hostname or "").rstrip(".")
    except ValueError:  # an address that is none, such as one with half a bracket
        return ""
    if len(host) > HOST_CHARACTERS_MAX:
        return ""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:  # no name of a host: compared as it is
        return host


def _bare(host: str) -> str:
    return host.removeprefix("www.")
