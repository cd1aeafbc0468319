"""Which route answers a path: a tree of path segments, in which literal ones go before parameters."""

from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote


class Routed(Protocol):
    """What the tree has to know of a route; `{name}` in its path is a parameter."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        ...

    @property
    def path(self) -> str:
        """The path, with the names of its parameters."""
        ...

    @property
    def takes_rest(self) -> bool:
        """Whether the last parameter takes whatever follows, slashes included."""
        ...


RouteT = TypeVar("RouteT", bound=Routed)


class RouteNode(Generic[RouteT]):
    """One path segment in the tree of routes."""

    __slots__ = ("children", "parameter", "routes", "takes_rest")

    def __init__(self) -> None:
        self.children: dict[str, RouteNode[RouteT]] = {}
        self.parameter: RouteNode[RouteT] | None = None
        self.takes_rest = False
        self.routes: dict[str, tuple[RouteT, tuple[str, ...]]] = {}

    def add(self, route: RouteT) -> None:
        """Hang a route into the tree below this node."""
        node = self
        names: list[str] = []
        for segment in route.path.strip("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node.parameter or RouteNode()
                node = node.parameter
            else:
                node = node.children.setdefault(segment, RouteNode())
        if route.method in node.routes:
            raise ValueError(f"two routes answer {route.method} {route.path}")
        node.takes_rest = node.takes_rest or route.takes_rest
        node.routes[route.method] = (route, tuple(names))

    def find(self, segments: list[str], values: list[str]) -> "RouteNode[RouteT] | None":
        """The node for these segments as they are spelled; literal ones go before parameters, which are decoded.

        `values` collects the parameters. A literal has one spelling: escaped, it is nothing.
        """
        node = self
        for segment in segments:
            if node.takes_rest:
                break
            child = node.children.get(segment)
            if child is None:
                child = node.parameter
                if child is None or not segment or "%" in segment or segment[0] == ".":
                    break
                values.append(segment)
            node = child
        else:
            if node.routes:
                return node
        values.clear()  # nothing is to be found straight on, or something is to be looked at more closely
        return self._search(segments, values, 0)

    def _search(self, segments: list[str], values: list[str], depth: int) -> "RouteNode[RouteT] | None":
        if depth == len(segments):
            return self if self.routes else None
        if self.takes_rest:
            values[-1] = "/".join([values[-1], *(unquote(segment) for segment in segments[depth:])])
            return self
        segment = segments[depth]
        child = self.children.get(segment)
        if child is not None:
            known = len(values)
            found = child._search(segments, values, depth + 1)
            if found is not None:
                return found
            del values[known:]
        if self.parameter is None or not segment:
            return None
        value = unquote(segment) if "%" in segment else segment
        if value in (".", "..") or (value is not segment and value in self.children):
            return None
        values.append(value)
        return self.parameter._search(segments, values, depth + 1)
