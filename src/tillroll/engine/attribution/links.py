"""Who is who among many: the links of all names that a report is about, asked for in bounded queries.

names ─► links of each ─► names that these lead to ─► …        a few rounds, as far as visitors reach
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tillroll.domain.sales.book import KeptLink
from tillroll.store import Transaction
from tillroll.store.sales import rows

# So many names are asked for at once.
CHUNK = 1_000
# A name of more links than these is a device of so many persons that it makes nobody one with anybody.
LINKS_OF_NAME_MAX = 1_000
ROUNDS_MAX = 6
_LINK = msgspec.json.Decoder(KeptLink)


def links_of(tx: Transaction, shop: str, nodes: Iterable[str]) -> dict[str, KeptLink]:
    """The links that these nodes are in, and those that lead on from there, by id."""
    found: dict[str, KeptLink] = {}
    edge = set(nodes)
    seen = set(edge)
    for _ in range(ROUNDS_MAX):
        new = {id for chunk in chunks(sorted(edge)) for id in _ids(tx, shop, chunk)}.difference(found)
        if not new:
            break
        for chunk in chunks(sorted(new)):
            found |= {row.id: _LINK.decode(row.document) for row in rows.links(tx, shop, chunk)}
        edge = {node for id in new for node in found[id].nodes if not found[id].is_undone} - seen
        seen |= edge
    return found


def chunks(wanted: Sequence[str]) -> Iterator[Sequence[str]]:
    """Parts that one query takes."""
    for first in range(0, len(wanted), CHUNK):
        yield wanted[first : first + CHUNK]


def _ids(tx: Transaction, shop: str, nodes: Sequence[str]) -> list[str]:
    """The links of these nodes; of each so many at most, where together they have more than anybody has."""
    together = rows.links_of_nodes(tx, shop, nodes, CHUNK * 10)
    if len(together) < CHUNK * 10:
        return together
    return [id for node in nodes for id in rows.links_of_nodes(tx, shop, [node], LINKS_OF_NAME_MAX)]
