"""The vendor's names of things, `urn:yaas:…`: made, and taken apart."""

import re

_PRODUCT_YRN = re.compile(r"^urn:yaas:[^:]+:[^:]+:product:(?P<tenant>[^;]+);(?P<id>.+)$")


def cart_yrn(tenant: str, cart_id: str) -> str:
    """A cart's YRN."""
    return f"urn:yaas:saasag:caascart:cart:{tenant};{cart_id}"


def item_yrn(tenant: str, cart_id: str, item_id: str) -> str:
    """The YRN of an item of a cart."""
    return f"urn:yaas:saasag:caascart:item:{tenant};{cart_id};{item_id}"


def coupon_yrn(tenant: str, code: str) -> str:
    """A coupon's YRN."""
    return f"urn:yaas:saasag:coupon:coupon:{tenant};{code}"


def fee_yrn(tenant: str, fee_id: str | None) -> str:
    """A fee's YRN."""
    return f"urn:yaas:saasag:fee:fee:{tenant};{fee_id}"


def order_yrn(tenant: str, order_id: str) -> str:
    """An order's YRN."""
    return f"urn:yaas:saasag:order:order:{tenant};{order_id}"


def payment_method_yrn(tenant: str, method: str) -> str:
    """The YRN of a way to pay."""
    return f"urn:yaas:hybris:payments:payment-method:{tenant};{method}"


def product_id_of(yrn: str, tenant: str) -> str | None:
    """The product behind an item YRN, in either spelling that clients send; None for another scheme or tenant."""
    match = _PRODUCT_YRN.match(yrn)
    return match["id"] if match is not None and match["tenant"] == tenant else None


def product_yrn(tenant: str, product_id: str) -> str:
    """A product's YRN as Emporix writes it."""
    return f"urn:yaas:saasag:caasproduct:product:{tenant};{product_id}"
