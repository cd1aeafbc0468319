"""The tree of routes: literal segments go before parameters, wherever a path leads afterwards."""

import pytest
from msgspec import Struct

from tillroll.dialects.route_tree import RouteNode


class Line(Struct, frozen=True):
    """A route as far as the tree knows it."""

    path: str
    method: str = "GET"
    takes_rest: bool = False


def tree() -> RouteNode[Line]:
    """A tree in which some paths lead nowhere at first."""
    root: RouteNode[Line] = RouteNode()
    for line in (
        Line("/carts/{id}"),
        Line("/carts/search"),
        Line("/carts/search/{word}/deep"),
        Line("/carts/{id}/items/{item}"),
        Line("/{shop}/stats"),
        Line("/files/{name}", takes_rest=True),
    ):
        root.add(line)
    return root


FOUND: list[tuple[str, str, list[str]]] = [
    ("carts/7", "/carts/{id}", ["7"]),
    ("carts/search", "/carts/search", []),
    ("carts/search/items/2", "/carts/{id}/items/{item}", ["search", "2"]),
    ("carts/search/x/deep", "/carts/search/{word}/deep", ["x"]),
    ("carts/a%2Fb", "/carts/{id}", ["a/b"]),
    ("carts/.hidden", "/carts/{id}", [".hidden"]),
    ("carts/stats", "/carts/{id}", ["stats"]),
    ("acme/stats", "/{shop}/stats", ["acme"]),
    ("files/a/b%20c", "/files/{name}", ["a/b c"]),
    ("files/a", "/files/{name}", ["a"]),
]
NOTHING = ["", "carts", "carts/", "carts/.", "carts/..", "carts/%2e%2e", "carts/%73earch", "%63arts/7", "carts/7/items"]


@pytest.mark.parametrize(("path", "route", "values"), FOUND)
def test_a_path_finds_its_route_and_the_values_of_its_parameters(path: str, route: str, values: list[str]) -> None:
    collected: list[str] = []
    node = tree().find(path.split("/"), collected)
    assert node is not None
    assert [line.path for line, _ in node.routes.values()] == [route]
    assert collected == values


@pytest.mark.parametrize("path", NOTHING)
def test_what_no_route_has_finds_nothing(path: str) -> None:
    assert tree().find(path.split("/"), []) is None
