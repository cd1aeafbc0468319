"""What kind of device an event came from, as far as its caller's headers tell: a browser's do, a server's do not."""

MOBILE = "mobile"
DESKTOP = "desktop"
UNKNOWN = ""
DEVICES = (DESKTOP, MOBILE)

# The client hint is a boolean of structured fields (RFC 9651, 3.3.6).
_HINTED = {"?1": MOBILE, "?0": DESKTOP}


def device_of(hint: str, agent: str) -> str:
    """The device that `Sec-CH-UA-Mobile` says, or else `User-Agent`; UNKNOWN where neither does.

    A browser's text begins with `Mozilla/`, and has `Mobi` in it where the browser is one of a phone (MDN, "Browser
    detection using the user agent string"). A tablet is what its browser says.
    """
    hinted = _HINTED.get(hint.strip())
    if hinted is not None:
        return hinted
    if not agent.startswith("Mozilla/"):
        return UNKNOWN
    return MOBILE if "Mobi" in agent else DESKTOP
