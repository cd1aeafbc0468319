"""One transaction's work on the set-up of its shops."""

from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.store import Transaction


class Desk:
    """One transaction's work, with a view of each shop that is asked for."""

    def __init__(self, tx: Transaction, catalogue: Catalogue) -> None:
        self.tx = tx
        self.catalogue = catalogue
        self._views: dict[str, View] = {}

    def view(self, shop: str) -> View:
        """The shop's set-up."""
        if shop not in self._views:
            self._views[shop] = self.catalogue.view(self.tx, shop)
        return self._views[shop]
