"""Which registered schema an address stands for."""

import msgspec
import pytest

from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind, Write
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.site.schemas import URL_CHARACTERS_MAX, published_path, schema_for_url
from tillroll.store import Transaction, open_store

IDS = ("gift", "64d35aa7fa54121ca47db657", "a b", "file.json")

ADDRESSES: list[tuple[str, str | None]] = [
    ("https://shop.example.com/schema/acme/schemas/gift/definition", "gift"),
    ("http://127.0.0.1:8080/schema/acme/schemas/gift/definition?v=1#/top", "gift"),
    ("/schema/acme/schemas/gift/definition/", "gift"),
    ("https://shop.example.com/schema/acme/schemas/a%20b/definition", "a b"),
    ("https://res.cloudinary.com/saas-ag/raw/upload/emporix-docs/64d35aa7fa54121ca47db657_v1.json", IDS[1]),
    ("https://example.com/gift.json", "gift"),
    ("gift", "gift"),
    ("file.json", "file.json"),
    ("https://shop.example.com/schema/other/schemas/gift/definition", None),
    ("https://shop.example.com/schema/acme/schemas/none/definition", None),
    ("https://shop.example.com/schema/acme/schemas/gift", None),
    ("https://example.com/gift", None),
    ("https://example.com/other_v1.json", None),
    ("file:///etc/passwd", None),
    ("http://[", None),
    ("", None),
    ("%FF%00", None),
    ("gift" * URL_CHARACTERS_MAX, None),
    ("https://example.com/gift.json?".ljust(URL_CHARACTERS_MAX, "v"), "gift"),
    ("https://example.com/gift.json?".ljust(URL_CHARACTERS_MAX + 1, "v"), None),
]


def test_an_address_is_resolved_by_its_end(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    store.migrate()

    def work(tx: Transaction) -> list[str | None]:
        for shop in ("acme", "other"):
            tx.run("insert_shop", id=shop, currency="EUR", settings="{}", now=1)
        for id in IDS:
            document = msgspec.json.encode({"id": id, "types": ["CART"], "definition": {"title": id}}).decode()
            documents.insert(tx, "acme", Write(Kind.SCHEMA, id, document), 1)
        view = Catalogue().view(tx, "acme")
        found = [schema_for_url(view, url) for url, _ in ADDRESSES]
        assert all(schema is None or schema.value.definition == {"title": schema.value.id} for schema in found)
        return [schema.value.id if schema is not None else None for schema in found]

    try:
        assert store.write_now(work) == [id for _, id in ADDRESSES]
    finally:
        store.close()


@pytest.mark.parametrize("id", ["gift", "a%20b"])
def test_our_own_addresses_come_back_to_us(id: str) -> None:
    assert published_path("acme", id) == f"/schema/acme/schemas/{id}/definition"
