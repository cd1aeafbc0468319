"""What several services share of a call: one transaction with the set-up of its shops, and the empty answer."""

from tillroll.dialects.http import Response
from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.store import Transaction

EXTERNAL_PRICES = "cart.cart_manage_external_prices"


NO_CONTENT = Response(204, b"", ())


class Desk:
    """One transaction's work, with a view of each shop that is asked for."""

    def __init__(self, tx: Transaction, catalogue: Catalogue) -> None:
        self.tx = tx
        self._catalogue = catalogue
        self._views: dict[str, View] = {}

    def view(self, shop: str) -> View:
        """The shop's set-up."""
        if shop not in self._views:
            self._views[shop] = self._catalogue.view(self.tx, shop)
        return self._views[shop]
