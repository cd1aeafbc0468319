"""Which nodes are one visitor: those that links join, unless a device of many persons stands between them.

    session ── customer ── session        one visitor
    till ── customer 1, 2, 3, 4, …        a shared device: each customer stays somebody else

A person is somebody whom a party knows by an account; all other nodes are devices or visits.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from msgspec import Struct


class Link(Struct, frozen=True):
    """Nodes that are said to be one visitor."""

    id: str
    nodes: tuple[str, ...]


class Visitor(Struct, frozen=True):
    """Nodes that are one visitor, and why there are no more of them: `shared` nodes join nobody."""

    nodes: frozenset[str]
    shared: frozenset[str] = frozenset()
    is_cut: bool = False
    """Whether there were more nodes than a visitor can have."""


class Identities:
    """The links that hold, as a graph."""

    def __init__(self, links: Iterable[Link], persons: Sequence[str], *, shared_persons: int, nodes_max: int) -> None:
        self._persons = tuple(persons)
        self._shared_persons = shared_persons
        self._nodes_max = nodes_max
        self._neighbours: dict[str, set[str]] = {}
        self._known: dict[tuple[str, ...], Visitor] = {}  # until the next link
        for link in links:
            self.add(link.nodes)

    def add(self, nodes: Iterable[str]) -> None:
        """Let these nodes be one visitor."""
        joined = set(nodes)
        self._known.clear()
        for node in joined:
            self._neighbours.setdefault(node, set()).update(joined - {node})

    def is_shared(self, node: str) -> bool:
        """Whether more persons have used this device than one household has."""
        if self._is_person(node):
            return False
        return sum(map(self._is_person, self._neighbours.get(node, ()))) > self._shared_persons

    def visitor_of(self, nodes: Iterable[str]) -> Visitor:
        """All nodes of the visitor who is known by these."""
        key = tuple(nodes)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._joined_to(set(key))
        return known

    def _joined_to(self, begun: set[str]) -> Visitor:
        found, shared = set(begun), {node for node in begun if self.is_shared(node)}
        waiting = deque(sorted(begun - shared))
        while waiting:
            for node in sorted(self._neighbours.get(waiting.popleft(), set()) - found):
                if self.is_shared(node):
                    shared.add(node)
                    continue
                found.add(node)
                waiting.append(node)
                if len(found) > self._nodes_max:
                    return Visitor(frozenset(begun), frozenset(shared), is_cut=True)
        return Visitor(frozenset(found), frozenset(shared))

    def _is_person(self, node: str) -> bool:
        return node.startswith(self._persons) if self._persons else False
