"""Products: docs/wire/emporix.md, 22, format B without details."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.dialects.emporix.coupons.test_restricted import category
from tests.dialects.emporix.hostile import JSON, NUMBERS, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, succeeded, told

MUG: dict[str, Any] = {
    "code": "MUG-1",
    "name": {"en": "Mug", "de": "Becher"},
    "description": {"en": "Holds tea"},
    "published": True,
    "taxClasses": {"DE": "STANDARD"},
    "vendor": {"id": "v1", "name": "Potter"},
    "relatedItems": [{"refId": "teapot", "type": "ACCESSORY"}],
    "mixins": {"care": {"dishwasher": True, "degrees": 60.5}},
    "metadata": {"mixins": {"care": "https://example.com/care_v1.json"}},
}


@pytest.fixture
def products(shop: Shop) -> str:
    return f"/product/{shop.name}/products"


def stored(shop: Shop, products: str, **fields: Any) -> str:
    """A new product's id."""
    response = shop.service.post(products, json=MUG | fields)
    assert response.status_code == 201, told(response)
    id: str = response.json()["id"]
    return id


def codes(response: httpx.Response) -> list[str]:
    """The codes of a list, in its order."""
    assert response.status_code == 200, told(response)
    return [product["code"] for product in response.json()]


def test_a_product_is_created_and_answered_as_documented(shop: Shop, products: str) -> None:
    created = shop.service.post(products, json=MUG)
    assert created.status_code == 201, told(created)
    id = created.json()["id"]
    yrn = f"urn:yaas:saasag:caasproduct:product:{shop.name};{id}"
    assert created.json() == {"id": id, "yrn": yrn}
    assert len(id) <= 32
    assert created.headers["location"] == f"{products}/{id}"
    product = shop.service.get(f"{products}/{id}").json()
    metadata = product.pop("metadata")
    assert metadata.pop("createdAt") == metadata.pop("modifiedAt")
    assert metadata == {"version": 1, "mixins": {"care": "https://example.com/care_v1.json"}}
    known = {"id": id, "yrn": yrn, "productType": "BASIC", "media": [], "categoryIds": [], "customerSegmentIds": []}
    assert product == {name: value for name, value in MUG.items() if name != "metadata"} | known


def test_a_code_belongs_to_one_product(shop: Shop, products: str) -> None:
    id = stored(shop, products, id="mug")
    repeated = shop.service.post(products, json=MUG)
    assert repeated.status_code == 400, told(repeated)
    assert set(repeated.json()) == {"code", "status", "message"}
    assert repeated.json()["status"] == "Bad Request"
    taken = shop.service.post(products, json=MUG | {"id": id, "code": "OTHER"})
    assert taken.status_code == 409, told(taken)
    message = "Conflict - a resource with given code or id has already exist."
    assert taken.json() == {"code": 409, "status": "Conflict", "message": message}
    other = stored(shop, products, code="OTHER")
    assert shop.service.put(f"{products}/{other}", json=MUG).status_code == 409
    assert shop.service.patch(f"{products}/{other}", json={"code": "MUG-1"}).status_code == 409
    assert shop.service.put(f"{products}/{id}", json=MUG).status_code == 204


def test_a_missing_product_is_named_in_the_404(shop: Shop, products: str) -> None:
    missing = shop.service.get(f"{products}/nothing")
    assert missing.status_code == 404
    assert missing.json() == {
        "productId": "nothing",
        "code": 404,
        "status": "Not Found",
        "message": "The product with id nothing has not been found.",
    }
    assert shop.service.patch(f"{products}/nothing", json={"published": True}).status_code == 404
    assert shop.service.put(f"{products}/nothing?partial=true", json={"published": True}).status_code == 404


def test_a_put_replaces_or_creates(shop: Shop, products: str) -> None:
    created = shop.service.put(f"{products}/mug", json=MUG)
    assert created.status_code == 201, told(created)
    assert created.json()["id"] == "mug"
    replaced = shop.service.put(f"{products}/mug", json={"code": "MUG-2", "name": "Mug", "metadata": {"version": 1}})
    assert (replaced.status_code, replaced.content) == (204, b"")
    product = shop.service.get(f"{products}/mug").json()
    assert (product["code"], product["published"], product["metadata"]["version"]) == ("MUG-2", False, 2)
    assert "vendor" not in product


def test_a_stale_version_loses(shop: Shop, products: str) -> None:
    id = stored(shop, products)
    assert shop.service.put(f"{products}/{id}", json=MUG | {"metadata": {"version": 1}}).status_code == 204
    for method, path in (("PUT", id), ("PUT", f"{id}?partial=true"), ("PATCH", id)):
        stale = shop.service.request(method, f"{products}/{path}", json=MUG | {"metadata": {"version": 1}})
        assert stale.status_code == 409, told(stale)
        assert stale.json()["status"] == "Conflict"
    assert shop.service.get(f"{products}/{id}").json()["metadata"]["version"] == 2


def test_a_patch_and_a_partial_put_change_only_what_they_name(shop: Shop, products: str) -> None:
    id = stored(shop, products)
    assert shop.service.patch(f"{products}/{id}", json={"published": False}).status_code == 204
    assert (
        shop.service.put(f"{products}/{id}?partial=true", json={"code": "NEW", "metadata": {"version": 2}}).status_code
        == 204
    )
    product = shop.service.get(f"{products}/{id}").json()
    assert (product["published"], product["code"], product["name"]) == (False, "NEW", MUG["name"])
    assert product["metadata"]["mixins"] == MUG["metadata"]["mixins"]
    assert shop.service.patch(f"{products}/{id}", json={"name": None}).status_code == 400


def test_the_product_type_stays(shop: Shop, products: str) -> None:
    bundle = {"productType": "BUNDLE", "bundledProducts": [{"productId": "tea", "amount": 2}]}
    id = stored(shop, products, **bundle)
    for method in ("PUT", "PATCH"):
        changed = shop.service.request(method, f"{products}/{id}", json=MUG | {"productType": "BASIC"})
        assert changed.status_code == 400, told(changed)
        assert "productType must stay BUNDLE" in changed.json()["message"]
    assert shop.service.put(f"{products}/{id}", json=MUG).status_code == 400, "a bundle of nothing"
    assert (
        shop.service.put(f"{products}/{id}", json=MUG | {"bundledProducts": bundle["bundledProducts"]}).status_code
        == 204
    )
    assert shop.service.get(f"{products}/{id}").json()["productType"] == "BUNDLE"


def test_a_deleted_product_is_gone(shop: Shop, products: str) -> None:
    id = stored(shop, products)
    for _ in range(2):
        deleted = shop.service.delete(f"{products}/{id}")
        assert (deleted.status_code, deleted.content) == (204, b"")
    assert shop.service.get(f"{products}/{id}").status_code == 404
    stored(shop, products, id=id)


def test_a_parent_goes_with_its_variants_when_that_is_confirmed(shop: Shop, products: str) -> None:
    parent = stored(shop, products, productType="PARENT_VARIANT")
    variant = stored(shop, products, code="V", productType="VARIANT", parentVariantId=parent)
    assert shop.service.delete(f"{products}/{parent}").status_code == 400
    assert shop.service.delete(f"{products}/{parent}?force=true").status_code == 204
    assert shop.service.get(f"{products}/{variant}").status_code == 404


def test_only_those_who_may_see_what_is_not_published(shop: Shop, products: str) -> None:
    seen, unseen = stored(shop, products), stored(shop, products, code="HIDDEN", published=False)
    reader = shop.client(shop.service_token("product.product_read_unpublished"))
    for client in (shop.service, reader):
        assert sorted(codes(client.get(products))) == ["HIDDEN", "MUG-1"]
        assert client.get(f"{products}/{unseen}").status_code == 200
    for client in (shop.guest(), shop.client(shop.service_token("site.site_read"))):
        for query in ("", "?sort=code", "?q=code:(MUG-1,HIDDEN)", f"?q=id:({seen},{unseen})", "?q=published:exists"):
            page = client.get(products + query, headers={"x-total-count": "true"})
            assert codes(page) == ["MUG-1"], query
            assert page.headers["x-total-count"] == "1"
        assert client.get(f"{products}/{seen}").status_code == 200
        missing = client.get(f"{products}/{unseen}")
        assert missing.status_code == 404
        assert missing.json()["productId"] == unseen
    shop.service.patch(f"{products}/{unseen}", json={"published": True})
    shop.service.patch(f"{products}/{seen}", json={"published": False})
    assert codes(shop.guest().get(products)) == ["HIDDEN"]


def test_publishing_takes_a_scope_of_its_own(shop: Shop, products: str) -> None:
    id, draft = stored(shop, products), stored(shop, products, code="DRAFT", published=False)
    editor = shop.client(shop.service_token("product.product_manage"))
    refused = [
        editor.post(products, json=MUG | {"code": "NEW"}),
        editor.put(f"{products}/new", json=MUG | {"code": "NEW"}),
        editor.put(f"{products}/{draft}", json=MUG | {"code": "DRAFT"}),
        editor.patch(f"{products}/{draft}", json={"published": True}),
    ]
    for response in refused:
        assert response.status_code == 403, told(response)
        message = "The access to the requested resource has been forbidden by the server."
        assert response.json() == {"code": 403, "status": "Forbidden", "message": message}
    told_each = editor.post(f"{products}/bulk", json=[MUG | {"code": "NEW"}, {"code": "OLD", "name": "Old"}]).json()
    assert [one["code"] for one in told_each] == [403, 201]
    assert editor.put(f"{products}/{id}", json=MUG).status_code == 204, "it was published before"


def test_pages_are_in_order_of_creation(shop: Shop, products: str) -> None:
    for number in range(5):
        stored(shop, products, code=f"C{number}")
    assert codes(shop.service.get(products, params={"pageSize": "2"})) == ["C0", "C1"]
    page = shop.service.get(products, params={"pageSize": "2", "pageNumber": "3"}, headers={"x-total-count": "true"})
    assert codes(page) == ["C4"]
    assert page.headers["x-total-count"] == "5"
    assert "x-total-count" not in shop.service.get(products).headers
    backwards = shop.service.get(products, params={"pageSize": "2", "pageNumber": "2", "sort": "code:desc"})
    assert codes(backwards) == ["C2", "C1"]
    assert codes(shop.service.get(products, params={"pageNumber": "9"})) == []


def test_a_list_is_sorted_by_fields_and_languages(shop: Shop, products: str) -> None:
    stored(shop, products, code="1", name={"en": "apple", "de": "Zebra"}, order=2)
    stored(shop, products, code="2", name={"en": "Pear", "de": "Birne"}, order=10)
    stored(shop, products, code="3", name="banana")
    for sort, language, expected in (
        ("name", "en", "132"),
        ("name:desc", "en", "231"),
        ("name.de:asc", "en", "213"),
        ("name", "de", "321"),
        ("order:asc", "", "123"),
        ("order:DESC,code", "", "213"),
        ("metadata.version,code:desc", "", "321"),
    ):
        headers = {"accept-language": language} if language else {}
        assert codes(shop.service.get(products, params={"sort": sort}, headers=headers)) == list(expected), sort
    for sort in ("name desc", "a,,b", "$where", ",".join(["code"] * 11)):
        check_refusal(sort, shop.service.get(products, params={"sort": sort}))


QUERIES: list[tuple[str, list[str]]] = [
    ("code:MUG", ["MUG"]),
    ("code:mug", []),
    ('code:"MUG"', ["MUG"]),
    ("code:(MUG,POT)", ["MUG", "POT"]),
    ("code:(MUG OR POT)", ["MUG", "POT"]),
    ("id:mug", ["MUG"]),
    ("id:(mug, pot,nothing)", ["MUG", "POT"]),
    ("id:mug code:POT", []),
    ("id:(mug,pot) name.en:~ot", ["POT"]),
    ("name:~Bech", ["MUG"]),
    ("name:(~Big Pot)", ["POT"]),
    ("name:Teekanne", ["POT"]),
    ("productType:BUNDLE", ["SET"]),
    ("published:false", ["SET"]),
    ("relatedItems.refId:teapot relatedItems.type:ACCESSORY", ["MUG", "POT", "SET"]),
    ("mixins.care.degrees:>60", ["MUG", "SET"]),
    ("mixins.care.degrees:(>=40 AND <60)", ["POT"]),
    ("bundledProducts:missing", ["MUG", "POT"]),
    ("bundledProducts:exists", ["SET"]),
    ('metadata.createdAt:>"2021-05-18T07:27:27.455Z"', ["MUG", "POT", "SET"]),
    ("  ", ["MUG", "POT", "SET"]),
]


def test_products_are_found_by_a_query(shop: Shop, products: str) -> None:
    stored(shop, products, id="mug", code="MUG")
    care = {"care": {"degrees": 40}}
    stored(shop, products, id="pot", code="POT", name={"en": "Big Pot", "de": "Teekanne"}, mixins=care)
    bundle = {"productType": "BUNDLE", "bundledProducts": [{"productId": "mug", "amount": 6}]}
    stored(shop, products, id="set", code="SET", name="Set", published=False, **bundle)
    for q, expected in QUERIES:
        assert codes(shop.service.get(products, params={"q": q})) == expected, q
        assert codes(shop.service.post(f"{products}/search", json={"q": q})) == expected, q


def test_a_query_that_can_not_be_read_is_refused(shop: Shop, products: str) -> None:
    for q in ("code", "code:", ":x", "code:(a", "code:a)", "co de:x", 'code:"a', "code:x " * 60, "x" * 5_000):
        for response in (
            shop.service.get(products, params={"q": q}),
            shop.service.post(f"{products}/search", json={"q": q}),
        ):
            assert response.status_code == 400, told(response)
            assert set(response.json()) == {"code", "status", "message"}


def test_a_search_pages_like_a_list_and_needs_no_scope(shop: Shop, products: str) -> None:
    for number in range(3):
        stored(shop, products, id=f"p{number}", code=f"C{number}")
    response = shop.guest().post(
        f"{products}/search?pageSize=2", json={"q": "id:(p0,p1,p2)"}, headers={"x-total-count": "true"}
    )
    assert codes(response) == ["C0", "C1"]
    assert response.headers["x-total-count"] == "3"
    for body in (b"[]", b'{"q": 5}', b'{"q": null}', b"", b'{"q": "\xff"}'):
        check_refusal(repr(body), shop.guest().post(f"{products}/search", content=body, headers=JSON))


def test_only_the_fields_asked_for_are_answered(shop: Shop, products: str) -> None:
    id = stored(shop, products)
    for path in (products, f"{products}/{id}"):
        answered = shop.service.get(path, params={"fields": "code, name,nothing"}).json()
        product = answered[0] if isinstance(answered, list) else answered
        assert set(product) == {"id", "yrn", "code", "name"}


LANGUAGES: list[tuple[str | None, Any]] = [
    (None, {"en": "Mug", "de": "Becher"}),
    ("*", {"en": "Mug", "de": "Becher"}),
    ("de", "Becher"),
    ("de-CH, en;q=0.9", "Becher"),
    ("fr;q=0.2, de;q=0.8", "Becher"),
    ("fr", "Mug"),
    ("en, *;q=0.5", "Mug"),
    ("*, de;q=0.5", {"en": "Mug", "de": "Becher"}),
    ("de;q=0, en", "Mug"),
    ("de;q=0", {"en": "Mug", "de": "Becher"}),
    (";;;,,q=", {"en": "Mug", "de": "Becher"}),
]


def test_texts_are_answered_in_the_language_asked_for(shop: Shop, products: str) -> None:
    id = stored(shop, products)
    for language, name in LANGUAGES:
        headers = {} if language is None else {"accept-language": language}
        assert shop.service.get(f"{products}/{id}", headers=headers).json()["name"] == name, language
        assert shop.service.get(products, headers=headers).json()[0]["name"] == name, language


def test_a_plain_text_has_the_language_that_was_named_for_it(shop: Shop, products: str) -> None:
    plain = stored(shop, products, name="Mug", code="A")
    german = shop.service.post(products, json=MUG | {"name": "Becher"}, headers={"content-language": "de"}).json()["id"]
    assert shop.service.get(f"{products}/{plain}").json()["name"] == "Mug"
    every = {"accept-language": "*"}
    assert shop.service.get(f"{products}/{plain}", headers=every).json()["name"] == {"en": "Mug"}
    assert shop.service.get(f"{products}/{german}", headers=every).json()["name"] == {"de": "Becher"}
    assert shop.service.get(f"{products}/{german}", headers={"accept-language": "en"}).json()["name"] == "Becher"


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"code": None}, "code"),
    ({"code": ""}, "code"),
    ({"code": 5}, "code"),
    ({"code": "x" * 300}, "code"),
    ({"code": "a\tb"}, "code"),
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": {}}, "name"),
    ({"name": {"en": 5}}, "name"),
    ({"name": ["Mug"]}, "name"),
    ({"id": "x" * 33}, "id"),
    ({"id": 5}, "id"),
    ({"id": "a/b"}, "id"),
    ({"published": "yes"}, "published"),
    ({"productType": "MAGIC"}, "productType"),
    ({"productType": "BUNDLE"}, "bundledProducts"),
    ({"productType": "BUNDLE", "bundledProducts": []}, "bundledProducts"),
    ({"bundledProducts": [{"amount": 1}]}, "bundledProducts[0].productId"),
    ({"bundledProducts": [{"productId": "a", "amount": 0}]}, "bundledProducts[0].amount"),
    ({"id": "mug", "bundledProducts": [{"productId": "mug", "amount": 1}]}, "bundledProducts[0].productId"),
    ({"bundledProducts": [{"productId": "a", "amount": 1}] * 201}, "bundledProducts"),
    ({"taxClasses": "STANDARD"}, "taxClasses"),
    ({"taxClasses": {"Germany": "STANDARD"}}, "taxClasses"),
    ({"taxClasses": {"DE": ""}}, "taxClasses.DE"),
    ({"mixins": []}, "mixins"),
    ({"metadata": 5}, "metadata"),
]


def test_what_is_wrong_with_a_product_is_said(shop: Shop, products: str) -> None:
    for fields, field in MISTAKES:
        response = shop.service.post(products, json=MUG | fields)
        assert response.status_code == 400, told(response)
        assert set(response.json()) == {"code", "status", "message"}
        assert response.json()["message"].startswith("Validation problem with request body.")
        assert field in response.json()["message"], fields


def test_hostile_bodies_are_refused_on_every_route(shop: Shop, products: str) -> None:
    id = stored(shop, products)
    for method, path in (("POST", ""), ("PUT", f"/{id}"), ("PATCH", f"/{id}"), ("POST", "/bulk"), ("PUT", "/bulk")):
        for name, response in refuses(shop.service, method, products + path):
            assert response.json()["code"] == response.status_code, name
    for number in NUMBERS:
        body = b'{"code": "x", "name": "x", "bundledProducts": [{"productId": "a", "amount": %s}]}' % number.encode()
        check_refusal(number, shop.service.post(products, content=body, headers=JSON))
    assert shop.service.post(products, content=b'{"code": "x"}').status_code == 415
    assert codes(shop.service.get(products)) == ["MUG-1"]


def test_numbers_of_any_size_come_back_as_they_were_sent(shop: Shop, products: str) -> None:
    body = b'{"code": "x", "name": "x", "mixins": {"a": [1e400, 1000000000000000000000000000000, -0.10, 1e-400]}}'
    id = shop.service.post(products, content=body, headers=JSON).json()["id"]
    text = shop.service.get(f"{products}/{id}").text
    assert '"mixins":{"a":[1E+400,1000000000000000000000000000000,-0.10,1E-400]}' in text


def test_a_document_is_nested_no_deeper_than_it_can_be_read_again(shop: Shop, products: str) -> None:
    id = stored(shop, products)
    for levels, status in ((40, 204), (500, 400), (900, 400)):
        body = b'{"code": "MUG-1", "name": "x", "mixins": {"a": ' + b"[" * levels + b"]" * levels + b"}}"
        for method, path, content in (
            ("PUT", f"{products}/{id}", body),
            ("PATCH", f"{products}/{id}", body),
            ("PUT", f"{products}/bulk", b"[" + body.replace(b'"name"', b'"id": "%s", "name"' % id.encode()) + b"]"),
        ):
            expected = 207 if status == 204 and path.endswith("bulk") else status
            response = shop.service.request(method, path, content=content, headers=JSON)
            assert response.status_code == expected, told(response)
        assert shop.service.get(products).status_code == 200


def test_hostile_ids_and_queries_are_refused(shop: Shop, products: str) -> None:
    for path in ("/%00", "/" + "x" * 5_000, "/a%2Fb", "/%FF", "/..%2f..", "/'; --"):
        assert shop.service.get(products + path).status_code == 404, path
    for query in ("pageNumber=0", "pageSize=99999999999999999999", "pageSize=-1", "pageSize=x", "q=%00", "q=%FF"):
        check_refusal(query, shop.service.get(f"{products}?{query}"))


def test_nobody_else_gets_in(shop: Shop, products: str, shared_server: Server) -> None:
    with new_shop(shared_server) as other:
        calls: list[tuple[str, str, Any]] = [
            ("POST", products, MUG),
            ("PUT", f"{products}/mug", MUG),
            ("PATCH", f"{products}/mug", {"published": True}),
            ("DELETE", f"{products}/mug", None),
            ("POST", f"{products}/bulk", [MUG]),
            ("PUT", f"{products}/bulk", [MUG]),
        ]
        check_doors(shop, other, calls)
        for client in (other.service, other.guest()):
            for path in (products, f"{products}/mug"):
                assert client.get(path).status_code == 403
            assert client.post(f"{products}/search", json={}).status_code == 403
    assert shop.client().get(products).status_code == 401


def test_many_products_are_created_at_once(shop: Shop, products: str) -> None:
    stored(shop, products, id="taken", code="TAKEN")
    body = [
        MUG | {"code": "A", "id": "a"},
        MUG | {"code": "B"},
        MUG | {"code": "TAKEN"},
        MUG | {"id": "taken", "code": "C"},
    ]
    body += [MUG | {"code": "A"}, MUG | {"code": ""}]
    response = shop.service.post(f"{products}/bulk", json=[*body, 5, None])
    assert response.status_code == 207, told(response)
    answers = response.json()
    assert [one["index"] for one in answers] == list(range(8))
    assert [one["code"] for one in answers] == [201, 201, 400, 409, 400, 400, 400, 400]
    assert answers[0] == {"index": 0, "id": "a", "code": 201, "status": "CREATED"}
    assert answers[3]["status"] == "CONFLICT"
    assert answers[5]["status"] == "BAD_REQUEST"
    assert all(one["message"] for one in answers[2:])
    assert shop.service.get(f"{products}/{answers[1]['id']}").json()["code"] == "B"
    assert sorted(codes(shop.service.get(products))) == ["A", "B", "TAKEN"]


def test_many_products_are_replaced_or_created_at_once(shop: Shop, products: str) -> None:
    stored(shop, products, id="a", code="A")
    stored(shop, products, id="b", code="B")
    body = [
        MUG | {"id": "a", "code": "B"},  # taken until the next one gives it up
        MUG | {"id": "b", "code": "FREE"},
        MUG | {"id": "new", "code": "B"},
        MUG | {"id": "a", "code": "A", "metadata": {"version": 7}},
        MUG | {"id": "a", "code": "A", "productType": "VARIANT"},
        MUG | {"id": "new", "code": "NEWER"},
        MUG | {"code": "NO-ID"},
    ]
    response = shop.service.put(f"{products}/bulk", json=body)
    assert response.status_code == 207, told(response)
    assert [one["code"] for one in response.json()] == [409, 204, 201, 409, 400, 204, 400]
    assert response.json()[1] == {"index": 1, "id": "b", "code": 204, "status": "NO_CONTENT"}
    assert sorted(codes(shop.service.get(products))) == ["A", "FREE", "NEWER"]


def test_a_bulk_request_has_a_limit(shop: Shop, products: str) -> None:
    many = [{"code": f"C{number}", "name": "x"} for number in range(201)]
    assert shop.service.post(f"{products}/bulk", json=many).status_code == 400
    assert codes(shop.service.get(products)) == []
    response = shop.service.post(f"{products}/bulk", json=many[:200])
    assert [one["status"] for one in response.json()] == ["CREATED"] * 200
    assert len({one["id"] for one in response.json()}) == 200
    empty = shop.service.put(f"{products}/bulk", json=[])
    assert (empty.status_code, empty.json()) == (207, [])


def test_a_retry_with_the_same_key_creates_nothing_new(shop: Shop, products: str) -> None:
    answers = [shop.service.post(products, json=MUG, headers={"idempotency-key": "k1"}) for _ in range(2)]
    assert answers[0].status_code == 201
    assert answers[0].content == answers[1].content
    assert codes(shop.service.get(products)) == ["MUG-1"]


def test_products_that_change_at_the_same_time_lose_nothing(shop: Shop, products: str) -> None:
    id = stored(shop, products)
    with ThreadPoolExecutor(8) as pool:
        bodies = [{f"field{number}": number} for number in range(40)]
        patched = list(pool.map(lambda body: shop.service.patch(f"{products}/{id}", json=body).status_code, bodies))
        same = [MUG | {"code": "SAME", "id": f"p{number}"} for number in range(20)]
        created = list(pool.map(lambda body: shop.service.post(products, json=body).status_code, same))
    assert patched == [204] * 40
    product = shop.service.get(f"{products}/{id}").json()
    assert [product[f"field{number}"] for number in range(40)] == list(range(40))
    assert product["metadata"]["version"] == 41
    assert sorted(created) == [201] + [400] * 19
    assert codes(shop.service.get(products, params={"q": "code:SAME"})) == ["SAME"]


def test_codes_have_slashes_and_ids_have_not(shop: Shop) -> None:
    products, categories = f"/product/{shop.name}/products", f"/category/{shop.name}/categories"
    assert shop.service.post(products, json={"id": "screw", "code": "SH-1/2", "name": "x"}).status_code == 201
    assert shop.service.get(f"{products}/screw").json()["code"] == "SH-1/2"
    assert shop.service.post(categories, json={"code": "a/b", "localizedName": {"en": "x"}}).status_code == 201
    assert shop.payment_mode(code="card/debit")
    for id in ("a/b", ".", ".."):
        assert shop.service.post(products, json={"id": id, "code": "c", "name": "x"}).status_code == 400
    for code in (" a", "a ", "a\tb", ""):
        assert shop.service.post(products, json={"code": code, "name": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("productType:BASIC", True),
        ("productType:BUNDLE", False),
        ("published:false", True),
        ("published:true", False),
        ("published:exists", True),
        ("yrn:~plain", True),
        ("yrn:~other code:plain", False),
        ("productType:BASIC code:plain published:false", True),
    ],
)
def test_what_a_product_is_shown_with_can_be_asked_for(shop: Shop, products: str, q: str, found: bool) -> None:
    succeeded(shop.service.post(products, json={"id": "plain", "code": "plain", "name": "Shirt 0"}), 201)
    listed = shop.service.get(products, params={"q": q})
    assert [one["code"] for one in listed.json()] == (["plain"] if found else [])


def test_a_query_that_can_not_be_read_is_a_parameter_and_says_how_one_is_written(shop: Shop, products: str) -> None:
    refused = shop.service.get(products, params={"q": "bogus(("})
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("Validation problem with request parameters. q: conditions are written")


@pytest.mark.parametrize("kind", ["VARIANT", "DYNAMIC_VARIANT"])
def test_nothing_is_a_variant_of_itself_or_of_what_is_no_parent(shop: Shop, products: str, kind: str) -> None:
    def product(id: str, **fields: Any) -> httpx.Response:
        return shop.service.post(products, json={"id": id, "code": id, "name": id, **fields})

    def variant(id: str, parent: str) -> httpx.Response:
        return product(id, productType=kind, parentVariantId=parent)

    assert "no variant of itself" in variant("own", "own").json()["message"]
    succeeded(product("plain"), 201)
    assert "is no PARENT_VARIANT" in variant("of-plain", "plain").json()["message"]
    succeeded(variant("early", "late"), 201)  # its parent is written after it
    ring = variant("late", "early")
    assert (ring.status_code, "is no PARENT_VARIANT" in ring.text) == (400, True)
    succeeded(product("late", productType="PARENT_VARIANT"), 201)
    succeeded(variant("right", "late"), 201)
    moved = shop.service.patch(f"{products}/right", json={"parentVariantId": "early"})
    assert (moved.status_code, "is no PARENT_VARIANT" in moved.text) == (400, True)
    bulk = shop.service.post(
        f"{products}/bulk", json=[{"id": "b", "code": "b", "name": "b", "productType": kind, "parentVariantId": "b"}]
    )
    assert [one["code"] for one in bulk.json()] == [400]
    assert shop.service.patch(f"{products}/right", json={"name": "renamed"}).status_code == 204


@pytest.mark.parametrize("variant_kind", ["VARIANT", "DYNAMIC_VARIANT"])
def test_a_variant_is_shown_and_found_in_the_categories_of_its_parent(
    shop: Shop, products: str, variant_kind: str
) -> None:
    category(shop, "cups")
    shop.product("parent", productType="PARENT_VARIANT")
    shop.product("variant", productType=variant_kind, parentVariantId="parent")
    shop.product("other")
    category(shop, "mugs", "parent")
    shown = shop.service.get(products, params={"fields": "id,categoryIds", "sort": "id"}).json()
    assert [one["categoryIds"] for one in shown] == [[], ["mugs"], ["mugs"]]
    assert shop.service.get(f"{products}/variant", params={"fields": "categoryIds"}).json()["categoryIds"] == ["mugs"]
    for q, ids in (
        ("categoryIds:mugs", ["parent", "variant"]),
        ("categoryIds:(mugs,cups) productType:" + variant_kind, ["variant"]),
        ("categoryIds:cups", []),
    ):
        for found in (
            shop.service.get(products, params={"q": q}),
            shop.service.post(f"{products}/search", json={"q": q}),
        ):
            assert [one["id"] for one in found.json()] == ids, (q, told(found))
