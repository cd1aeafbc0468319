"""Who led to a visit, by what its first page was called with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.attribution.steps import LAW
from tillroll.domain.attribution.referrers import click_ids
from tillroll.domain.attribution.sources import NAME_CHARACTERS_MAX, Lead, Visit, lead

PAGE = "https://www.shop.example/mugs"
OWN = ["www.shop.example", "müller.example", ""]


def channel(query: str, referrer: str = "") -> str | None:
    """The source of a visit's touch."""
    found = lead(Visit(f"{PAGE}?{query}#top", referrer), OWN)
    return found.channel if found is not None else None


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("https://chatgpt.com/", "assistant:chatgpt"),
        ("https://www.perplexity.ai/search/mugs", "assistant:perplexity"),
        ("https://gemini.google.com/", "assistant:gemini"),
        ("https://copilot.microsoft.com/", "assistant:copilot"),
        ("https://claude.ai/", "assistant:claude"),
        ("https://chat.baidu.com/", "assistant:ernie"),
        ("https://www.baidu.com/", "organic:baidu"),
        ("https://www.google.com/", "organic:google"),
        ("https://google.de/", "organic:google"),
        ("https://www.google.co.uk/", "organic:google"),
        ("https://www.google.com.au/", "organic:google"),
        ("https://yandex.com.tr/", "organic:yandex"),
        ("https://mail.google.com/", "mail:gmail"),
        ("https://docs.google.com/", "referral:docs.google.com"),
        ("https://notgoogle.com/", "referral:notgoogle.com"),
        ("https://google.shop.test.example/", "referral:google.shop.test.example"),
        ("https://www.bing.com/", "organic:bing"),
        ("https://uk.search.yahoo.com/", "organic:yahoo"),
        ("https://lm.facebook.com/", "social:facebook"),
        ("https://l.instagram.com/", "social:instagram"),
        ("https://de.pinterest.com/", "social:pinterest"),
        ("https://www.pinterest.de/", "social:pinterest"),
        ("https://t.co/abc", "social:x"),
        ("https://bsky.app/", "social:bluesky"),
        ("https://tpc.googlesyndication.com/", "campaign:google"),
        ("https://www.idealo.de/", "shopping:idealo"),
        ("https://Blog.Example:8443/a?b=c#d", "referral:blog.example"),
        ("https://user:secret@blog.example/", "referral:blog.example"),
        ("https://blog.example./", "referral:blog.example"),
        ("https://bücher.example/", "referral:xn--bcher-kva.example"),
        ("http://localhost/", "referral:localhost"),
        ("https://www/", "referral:www"),
        ("http://[2001:db8::1]/", "referral:2001:db8::1"),
        ("android-app://com.google.android.googlequicksearchbox/", "organic:google"),
        ("android-app://com.google.android.gm", "mail:gmail"),
        ("android-app://com.openai.chatgpt/", "assistant:chatgpt"),
        ("android-app://org.example.reader/https/x", "referral:org.example.reader"),
        ("ios-app://284815942/https/x", "referral:284815942"),
        (" HTTPS://CHATGPT.COM/ ", "assistant:chatgpt"),
    ],
)
def test_a_referrer_is_named(referrer: str, expected: str) -> None:
    assert channel("", referrer) == expected


@pytest.mark.parametrize(
    "referrer",
    ["", "about:blank", "null", "https://", "http://[::1", "https://../", "javascript:1", f"https://{'a.' * 128}"],
)
def test_without_a_referrer_a_visit_is_direct(referrer: str) -> None:
    found = lead(Visit(f"{PAGE}?page=2&utm_source=&gclid=", referrer), OWN)
    assert found == Lead("direct", "direct")
    assert found.is_direct
    assert found.channel == "direct"


@pytest.mark.parametrize(
    "referrer",
    [
        "https://www.shop.example/cart",
        "https://shop.example",
        "https://a.b.shop.example:8080/",
        "https://müller.example/",
        "https://www.xn--mller-kva.example/",
        "https://www.paypal.com/checkout",
        "https://hooks.stripe.com/redirect",
        "android-app://com.paypal.android.p2pmobile/",
    ],
)
def test_neither_the_shop_nor_a_payment_leads_to_it(referrer: str) -> None:
    assert lead(Visit(PAGE, referrer), OWN) is None


def test_what_only_ends_like_the_shop_is_somebody_else() -> None:
    assert channel("", "https://myshop.example/") == "referral:myshop.example"


@pytest.mark.parametrize(
    ("query", "referrer", "expected"),
    [
        ("utm_source=news&utm_medium=email&utm_campaign=Spring+Sale", "", Lead("news", "email", "spring sale")),
        ("UTM_Source=News&utm_source=other", "https://chatgpt.com/", Lead("news", "campaign")),
        ("utm_source=chatgpt.com", "", Lead("chatgpt", "assistant")),
        ("utm_source=google&utm_campaign=brand&gclid=a", "", Lead("google", "paid", "brand")),
        ("utm_source=google", "", Lead("google", "organic")),
        ("utm_source=news&fbclid=a", "https://l.facebook.com/", Lead("news", "campaign")),
        ("utm_source=facebook&fbclid=a&utm_medium=cpc", "", Lead("facebook", "cpc")),
        ("utm_source=paypal", "", Lead("paypal", "campaign")),
        ("utm_campaign=spring&msclkid=a", "", Lead("bing", "paid", "spring")),
        ("utm_campaign=spring", "https://www.google.com/", Lead("google", "organic", "spring")),
        ("utm_campaign=spring", "", Lead("spring", "campaign", "spring")),
        ("utm_id=17", "https://www.shop.example/", Lead("17", "campaign", "17")),
        ("utm_medium=flyer", "", Lead("flyer", "flyer")),
        ("gclid=a&fbclid=b", "https://l.facebook.com/", Lead("google", "paid")),
        ("fbclid=b", "", Lead("facebook", "social")),
        ("srsltid=b", "https://www.google.com/", Lead("google-shopping", "shopping")),
        ("awc=b", "https://coupons.example/", Lead("awin", "affiliate")),
        ("mc_cid=b", "", Lead("mailchimp", "mail")),
        ("ttclid=a", "https://www.paypal.com/", Lead("tiktok", "paid")),
    ],
)
def test_what_a_page_was_called_with_goes_before_its_referrer(query: str, referrer: str, expected: Lead) -> None:
    assert lead(Visit(f"{PAGE}?{query}#top", referrer), OWN) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("utm_source=a&utm_campaign=b", "campaign:b"),
        ("utm_source=a&utm_medium=email", "campaign:a"),
        ("utm_source=google&utm_campaign=b", "campaign:b"),
        ("gclid=a", "campaign:google"),
        ("awc=a", "campaign:awin"),
        ("fbclid=a", "social:facebook"),
        ("utm_source=a&utm_medium=search", "campaign:a"),
        ("utm_source=a&utm_medium=chat", "campaign:a"),
    ],
)
def test_a_touch_is_told_its_source(query: str, expected: str) -> None:
    assert channel(query) == expected


@pytest.mark.parametrize(
    "page", ["gclid=a", "/mugs&gclid=a", "/mugs#?gclid=a", "/mugs?q=1#gclid=a", f"/?q={'a' * 8200}&gclid=a"]
)
def test_only_the_query_of_a_page_is_read_and_no_more_than_browsers_send(page: str) -> None:
    assert lead(Visit(page), OWN) == Lead("direct", "direct")


def test_a_host_is_at_most_as_long_as_hosts_can_be() -> None:
    assert lead(Visit("/", f"https://{'a.' * 126}b/"), OWN) == Lead(("a." * 126)[:NAME_CHARACTERS_MAX], "referral")
    assert lead(Visit("/", f"https://{'a.' * 126}bc/"), OWN) == Lead("direct", "direct")


def test_names_are_short_and_can_be_printed() -> None:
    assert lead(Visit("/?utm_source=a%00b%0Ac&utm_campaign=" + "Ä" * 500), OWN) == Lead(
        "a b c", "campaign", "ä" * NAME_CHARACTERS_MAX
    )
    assert lead(Visit("?utm_source=%FF%FE"), OWN) == Lead("��", "campaign")


@pytest.mark.parametrize("name", click_ids())
def test_every_click_id_is_known_in_any_case(name: str) -> None:
    assert name == name.casefold()
    assert lead(Visit(f"?{name.upper()}=1"), OWN) == Lead(*click_ids()[name])


@LAW
@given(
    query=st.text(), referrer=st.text() | st.text().map("https://{}".format) | st.text().map("android-app://{}".format)
)
def test_nothing_that_strangers_write_is_an_error(query: str, referrer: str) -> None:
    found = lead(Visit(f"{PAGE}?{query}#top", referrer), OWN)
    if found is not None:
        assert 0 < len(found.source) <= NAME_CHARACTERS_MAX
        assert found.channel.partition(":")[0] not in ("chat", "faq", "nudge", "search", "banner", "redirect")
