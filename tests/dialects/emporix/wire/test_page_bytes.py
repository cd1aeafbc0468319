"""A page of a list that is too large to be read is refused, and says how to ask for less."""

import pytest

from tests.shop import Shop, succeeded
from tillroll.dialects.emporix.wire.errors import PAGE_BYTES_MAX, encode, encode_page
from tillroll.dialects.http import Malformed

PRODUCTS = 18


def test_a_page_is_written_as_a_list_is() -> None:
    for documents in ([], [{"a": 1}], [{"a": 1}, {"b": [2]}]):
        assert encode_page(documents) == encode(documents)


def test_one_document_fits_however_large_it_is_and_two_do_not() -> None:
    large = {"a": "x" * PAGE_BYTES_MAX}
    assert len(encode_page([large])) > PAGE_BYTES_MAX
    with pytest.raises(Malformed, match="pageSize"):
        encode_page([large, {}])


def test_a_page_of_large_documents_is_refused_and_a_smaller_one_is_not(shop: Shop) -> None:
    path = f"/product/{shop.name}/products"
    for number in range(PRODUCTS):
        product = {"id": f"p{number}", "code": f"p{number}", "name": "Large", "description": "x" * 1_000_000}
        succeeded(shop.service.post(path, json=product), 201)
    answer = shop.service.get(path, params={"pageSize": 1000})
    assert answer.status_code == 400
    assert "pageSize" in answer.text
    page = shop.service.get(path, params={"pageSize": 10})
    assert (page.status_code, len(page.json())) == (200, 10)
