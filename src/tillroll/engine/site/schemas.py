"""Which registered JSON Schema a client means by the address that it sends in `metadata.mixins.<name>`.

No address is ever fetched. What is looked at is its end, whatever the host: the one under which this server publishes
a schema, or a file that is named after one.
"""

import re
from urllib.parse import unquote

from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Loaded, View

# Longer than any address that a server publishes.
URL_CHARACTERS_MAX = 2_000

_PUBLISHED = re.compile(r"/schema/(?P<shop>[^/]+)/schemas/(?P<id>[^/]+)/definition/?$")
_FILE = re.compile(r"(^|/)(?P<id>[^/]+?)(_v\d+)?\.json$")


def published_path(shop: str, quoted_id: str) -> str:
    """The path under which a shop's schema is published; the id as it is written in an address."""
    return f"/schema/{shop}/schemas/{quoted_id}/definition"


def schema_for_url(view: View, url: str) -> Loaded | None:
    """The registered schema that an address, or the bare id of a schema, stands for; None where there is none.

    Its `value` is a `SchemaDocument`, its `raw` tells whether it is the same one still.

    Besides our own addresses, a file named `<id>.json` or `<id>_v<version>.json` stands for the schema with that id, as
    Emporix names its files (docs/wire/emporix.md, 14): a shop that moved here keeps the addresses it has stored.
    """
    if len(url) > URL_CHARACTERS_MAX or "\0" in unquote(url):
        return None
    path = url.partition("#")[0].partition("?")[0]
    published = _PUBLISHED.search(path)
    if published is not None:
        return _schema(view, unquote(published["id"])) if published["shop"] == view.head.shop else None
    file = _FILE.search(path)
    return (_schema(view, unquote(file["id"])) if file is not None else None) or _schema(view, url)


def _schema(view: View, id: str) -> Loaded | None:
    return view.loaded(Kind.SCHEMA, id)
