"""What a query `q` lets the database leave out, before anybody decodes it: never a document that it means."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shop import Shop
from tillroll.dialects.emporix.wire.errors import encode
from tillroll.dialects.emporix.wire.query import Condition, conditions, text_within
from tillroll.dialects.emporix.wire.resources import Document

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
VALUES = st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.dictionaries(TEXTS, TEXTS, max_size=2))
TESTS = st.one_of(TEXTS, TEXTS.map("~{}".format), TEXTS.map('"{}"'.format), st.sampled_from(["null", ">1", "1.0", "~"]))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", ""),
        ("name:mug", '"mug"'),
        ("name.en:~mug", "mug"),
        ('name:"a mug"', '"a mug"'),
        ("name.en:~ü", "ü"),
        ("name:mug vendor.id:potter", '"potter"'),
        ("code:12", ""),
        ("code:1e1", ""),
        ("published:true", ""),
        ("name:(mug,tea)", ""),
        ("name:missing", ""),
        ("name:null", ""),
        ("name:exists", ""),
        ("age:>=2", ""),
        ("metadata.createdAt:2026-01-01", ""),
        ("metadata.version:~x", ""),
    ],
)
def test_the_longest_text_that_has_to_stand_in_a_document_is_looked_for(query: str, text: str) -> None:
    assert text_within(conditions(query)) == text


@given(value=VALUES, test=TESTS)
def test_no_document_that_is_meant_is_left_out(value: Any, test: str) -> None:
    document: Document = msgspec.json.decode(encode({"field": [{"x": 1}, value]}))
    condition = Condition(("field",), (test,))
    if condition.holds(document):
        assert text_within([condition]) in encode(document).decode()


@pytest.mark.parametrize("name", ['a "quoted" mug', "back\\slash", "new\nline", "100 % mug_", "Ünïcode 🫖", "<b>&'"])
def test_a_text_is_found_whatever_stands_in_it(shop: Shop, name: str) -> None:
    products = f"/product/{shop.name}/products"
    for code, text in (("yes", name), ("no", "tea")):
        body = {"code": code, "name": {"en": text}, "published": True}
        assert shop.service.post(products, json=body).status_code == 201
    part = max((word for word in name.split() if '"' not in word), key=len)
    for q in (f"name.en:~{part}", f"code:yes name.en:~{part}"):
        answer = shop.service.post(
            f"{products}/search", content=json.dumps({"q": q}), headers={"content-type": "application/json"}
        )
        assert [one["code"] for one in answer.json()] == ["yes"], answer.text
