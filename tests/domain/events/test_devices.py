"""What a caller's headers say of its device."""

import pytest

from tillroll.domain.events.devices import DESKTOP, MOBILE, UNKNOWN, device_of

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148"
FIREFOX_OF_A_PHONE = "Mozilla/5.0 (Android 15; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0"
TABLET = "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("hint", "agent", "device"),
    [
        ("?1", WINDOWS, MOBILE),
        ("?0", IPHONE, DESKTOP),
        (" ?1 ", "", MOBILE),
        ("?0", "", DESKTOP),
        ("?0", "python-requests/2.32.3", DESKTOP),
        ("", IPHONE, MOBILE),
        ("", FIREFOX_OF_A_PHONE, MOBILE),
        ("", TABLET, DESKTOP),
        ("", WINDOWS, DESKTOP),
        ("1", IPHONE, MOBILE),
        ("true", WINDOWS, DESKTOP),
        ("?2", "", UNKNOWN),
        ("", "", UNKNOWN),
        ("", "python-requests/2.32.3", UNKNOWN),
        ("", "MobileShopBackend/1.0", UNKNOWN),
        ("", "curl/8.5.0 Mozilla/5.0", UNKNOWN),
        ("", "mozilla/5.0", UNKNOWN),
        ("\xff", "\xff", UNKNOWN),
    ],
)
def test_a_device_is_what_the_hint_says_or_else_the_browser(hint: str, agent: str, device: str) -> None:
    assert device_of(hint, agent) == device
