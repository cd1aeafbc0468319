"""Categories over the wire: the tree that a menu is made of, and what is in a branch (docs/wire/emporix.md, 10)."""

from typing import Any

import pytest

from tests.shop import Shop, send, succeeded, told


@pytest.fixture
def base(shop: Shop) -> str:
    """Where the categories of the shop are: kitchen (cups and, not published, secret), and garden behind it."""
    base = f"/category/{shop.name}"
    for id, parent, position, published in (
        ("garden", "root", 2, True),
        ("kitchen", None, 1, True),
        ("cups", "kitchen", 0, True),
        ("secret", "kitchen", 1, False),
        ("small", "cups", 0, True),
    ):
        category = {"id": id, "code": id, "localizedName": {"en": id.title()}, "published": published}
        category |= {"position": position} | ({"parentId": parent} if parent else {})
        succeeded(send(shop.service, "POST", f"{base}/categories", category), 201)
    return base


def tree_of(branches: list[dict[str, Any]]) -> dict[str, Any]:
    """Nothing but the ids of trees."""
    return {one["id"]: tree_of(one["subcategories"]) for one in branches}


def test_a_menu_is_made_of_the_trees_that_a_shopper_may_see(shop: Shop, base: str) -> None:
    guest, trees = shop.guest(), f"{base}/category-trees"
    found = guest.get(trees).json()
    seen: dict[str, Any] = {"kitchen": {"cups": {"small": {}}}, "garden": {}}
    assert tree_of(found) == seen
    assert list(tree_of(found)) == ["kitchen", "garden"]
    kitchen = found[0]
    assert (kitchen["name"], kitchen["localizedName"], kitchen["position"]) == ("Kitchen", {"en": "Kitchen"}, 1)
    everything: dict[str, Any] = {"kitchen": {"cups": {"small": {}}, "secret": {}}, "garden": {}}
    assert tree_of(shop.service.get(trees).json()) == seen
    assert tree_of(shop.service.get(trees, params={"showUnpublished": "true"}).json()) == everything
    assert tree_of(guest.get(trees, params={"showUnpublished": "true"}).json()) == seen
    assert tree_of(guest.get(trees, params={"categoryIds": "small,nothing"}).json()) == {"kitchen": seen["kitchen"]}
    assert guest.get(trees, params={"categoryIds": ""}).json() == []
    for many, wanted in ((["small", "garden"], {"kitchen", "garden"}), ([], set()), (["secret"], set())):
        some = guest.post(f"{trees}/search", json={"categoryIds": many})
        assert (some.status_code, set(tree_of(some.json()))) == (200, wanted)
    assert tree_of([guest.get(f"{trees}/cups").json()]) == {"cups": {"small": {}}}
    assert tree_of([shop.service.post(f"{trees}/cups/rebuild").json()]) == {"cups": {"small": {}}}
    for missing in (guest.get(f"{trees}/secret"), guest.get(f"{trees}/none")):
        assert missing.status_code == 404, told(missing)
    assert guest.post(f"{trees}/cups/rebuild").status_code == 403
    assert guest.post(f"{trees}/search", json={}).status_code == 400


def test_categories_are_listed_by_all_that_is_documented(shop: Shop, base: str) -> None:
    guest, categories = shop.guest(), f"{base}/categories"

    def ids(path: str = categories, **asked: str) -> list[str]:
        answer = shop.service.get(path, params=asked)
        assert answer.status_code == 200, told(answer)
        return [one["id"] for one in answer.json()]

    shown = ["garden", "kitchen", "cups", "small"]
    assert [one["id"] for one in guest.get(categories).json()] == ids() == shown
    assert ids(showUnpublished="true", sort="code:asc") == ["cups", "garden", "kitchen", "secret", "small"]
    assert ids(showRoots="true") == ["garden", "kitchen"]
    assert ids(parentId="kitchen") == ["cups"]
    assert ids(localizedName="itch") == ["kitchen"]
    assert ids(metadataModifiedAt="2020-01-01", sort="localizedName.en:desc") == ["small", "kitchen", "garden", "cups"]
    assert ids(metadataModifiedAt="2999-01-01") == []
    assert shop.service.get(categories, params={"code": "cups", "fields": "code"}).json() == [
        {"id": "cups", "code": "cups"}
    ]
    assert ids(f"{categories}/kitchen/subcategories") == ["cups", "small"]
    assert ids(f"{categories}/kitchen/subcategories", depth="1", showUnpublished="true") == ["cups", "secret"]
    assert ids(f"{categories}/small/parents") == ["cups", "kitchen"]
    assert [one["id"] for one in guest.post(f"{categories}/search", json={"q": "code:~(up,ard)"}).json()] == [
        "garden",
        "cups",
    ]
    for wrong in ({"sort": "?"}, {"q": "("}, {"depth": "x"}):
        path = f"{categories}/kitchen/subcategories" if "depth" in wrong else categories
        assert shop.service.get(path, params=wrong).status_code == 400


def test_a_branch_holds_what_the_branches_below_it_hold(shop: Shop, base: str) -> None:
    guest = shop.guest()
    for product in ("mug", "pot"):
        shop.product(product)
    shop.product("draft", published=False)

    def products(category: str, **asked: str) -> list[str]:
        answer = guest.get(f"{base}/categories/{category}/assignments", params=asked)
        assert answer.status_code == 200, told(answer)
        return [one["ref"]["id"] for one in answer.json()]

    for category, product in (("kitchen", "pot"), ("small", "mug"), ("small", "draft"), ("secret", "mug")):
        path = f"{base}/categories/{category}/assignments/references/{product}"
        assert [shop.service.put(path).status_code for _ in range(2)] == [201, 204]
    assert (products("kitchen"), products("cups")) == (["pot"], [])
    assert products("kitchen", withSubcategories="true", pageSize="20000") == ["pot", "mug", "draft"]
    assert products("kitchen", withSubcategories="true", hideUnpublishedProducts="true") == ["pot", "mug"]
    assert products("small", **{"ref.id": "mug"}) == ["mug"]
    assert shop.service.delete(f"{base}/categories/small/assignments/references/mug").status_code == 204
    assert products("small") == ["draft"]
    many = [{"ref": {"id": "draft"}}, {"ref": {"id": "mug"}}, {"ref": {"id": "none"}}]
    fates = shop.service.put(f"{base}/categories/small/assignments/references/bulk", json=many)
    assert [one["code"] for one in fates.json()] == [204, 201, 400]
    assert shop.service.put(f"{base}/categories/small/assignments/references/none").status_code == 400
    assert guest.put(f"{base}/categories/small/assignments/references/pot").status_code == 403
