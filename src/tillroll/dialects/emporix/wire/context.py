"""What several services share of a call: the scope of outside prices, and the empty answer."""

from tillroll.dialects.http import Response

EXTERNAL_PRICES = "cart.cart_manage_external_prices"


NO_CONTENT = Response(204, b"", ())
