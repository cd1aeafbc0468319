"""What a checkout is decided from, and what the decision is.

`Facts` are loaded once for all checkouts of one shop that share a commit; stock levels and coupon counts in it are
counted down as orders are accepted, so that the second of two rivals sees what the first one left.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Raw, Struct

from tillroll.domain.cart.cart import Cart
from tillroll.domain.cart.line_values import LineBasis
from tillroll.domain.catalogue.products import Product
from tillroll.domain.coupons.coupons import Coupon, customer_key
from tillroll.domain.customers.tax_address import NOWHERE, DefaultTaxAddress
from tillroll.domain.delivery.delivery import DeliveryWindow, Window
from tillroll.domain.delivery.request import WindowRefusal
from tillroll.domain.orders.order import Order, PlaceOrder
from tillroll.domain.payments.payment import PaymentMode, PaymentPlan
from tillroll.domain.prices.lists import Buyer
from tillroll.domain.prices.prices import Price, PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.pricing.shapes import PricingRules, TaxedAmount
from tillroll.domain.pricing.terms import PricingTerms
from tillroll.domain.rejections import Rejection
from tillroll.domain.shipping.zones import ShippingMethod, Zone
from tillroll.domain.site.json_schema import Violation
from tillroll.domain.site.sites import Site

# Product, price, and where: site, country, currency, and whether gross.
PlanKey = tuple[str, str, tuple[str, str, str, bool]]


class StockLevel(Struct):
    """What is left of a product at a site, in thousandths, and whether it may be sold at all."""

    on_hand: int
    sellable: bool


class CouponState(Struct):
    """A coupon and how often it has been redeemed."""

    coupon: Coupon
    redemption_count: int
    document: Raw


class Method(Struct, frozen=True):
    """A shipping method and its document, which the order copies."""

    value: ShippingMethod
    document: Raw


class Sellable(Struct, frozen=True):
    """A product, the copy of it that the order keeps, and all its prices."""

    value: Product
    copy: Raw
    prices: tuple[Price, ...]


class LinePlan(Struct, frozen=True):
    """By what every plain line of a product at a price is sold in one place, while all of these stay as they are."""

    product: Product
    price: Price
    model: PriceModel | None
    taxes: TaxTable | None
    site: Site
    sold: tuple[LineBasis, str] | None
    """What it costs, and the code of its tax; None where its lines are not plain."""


class CustomerState(Struct, frozen=True):
    """A customer: whether it may buy, where it is at home, and whether it acts for the company that it names."""

    may_buy: bool
    default_tax_address: DefaultTaxAddress = NOWHERE
    acts: bool = True


class Facts(Struct):
    """Everything that is known about one shop, as far as the carts at hand need it; what is absent does not exist.

    `now` is microseconds UTC. Keys are ids, or (site, id) tuples where ids live below a site.
    """

    now: int
    tax_tables: dict[str, TaxTable]
    products: dict[str, Sellable]
    models: dict[str, PriceModel]
    stock: dict[tuple[str, str], StockLevel]
    coupons: dict[str, CouponState]
    coupon_uses: dict[tuple[str, str], int]
    zones: dict[tuple[str, str], Zone]
    methods: dict[tuple[str, str, str], Method]
    schemas: set[str]
    customers: dict[tuple[str, str], CustomerState] = {}
    """By number and legal entity; the latter is empty for those who buy for themselves."""
    payment_modes: dict[str, PaymentMode] = {}
    """Those that the payment methods at hand name, by id; all of the shop where a payment is put off."""
    account_emails: frozenset[str] = frozenset()
    """Those of the buyers' e-mail addresses that log a customer in, where the shop lets nobody buy as a guest then."""
    checks_shipping_fee: bool = True
    checks_payment_amount: bool = True
    """Whether the amount of a payment, where a client sends one, has to be what the order costs."""
    keeps_stock: bool = True
    """Whether a sale takes its stock; without, stock is checked but counted elsewhere."""
    uplift_percent: Decimal = Decimal(0)
    """By how much more than the price a weight-dependent line may be authorised (docs/wire/emporix.md, 6.1 rule 13)."""
    groups: dict[tuple[str, str], frozenset[str]] = {}
    """The shipping groups of customers, by site and customer."""
    booked: dict[str, int] = {}
    """How many places of a window are taken, by the window's id."""
    exchange_rates: dict[str, Mapping[str, Decimal]] = {}
    """By currency: how much of it one unit of another one is."""
    regions: dict[str, frozenset[str]] = {}
    """By country: the regions that it lies in."""
    categories: dict[str, frozenset[str]] = {}
    """By product: the categories that it is in, where a coupon asks for them."""
    segments: dict[tuple[str, str], frozenset[str]] = {}
    """By customer and site: the segments that they are in, where a coupon asks for them."""
    plans: dict[PlanKey, LinePlan] | None = None
    """What has been found of plain lines before (`plans`); without, every line is judged the long way."""


class Agreement(Struct, frozen=True):
    """What a quote promises whoever buys it: how it is calculated, and what it costs in all."""

    quote_id: str
    rules: PricingRules
    final_price: TaxedAmount


class Attempt(Struct, frozen=True):
    """One try to buy a cart, or a quote in the shape of one, which then has an `agreement`.

    `cart` is None unless it is the caller's own and open; `unreadable` says what of the request could not be read,
    `customer_id` who is logged in (None: a guest), `buyer` all that prices may be bound to.
    """

    request: PlaceOrder
    cart: Cart | None
    customer_id: str | None = None
    unreadable: tuple[Rejection, ...] = ()
    agreement: Agreement | None = None
    buyer: Buyer = Buyer()
    verdicts: Mapping[str, Sequence[Violation]] = {}
    """What their schemas say of the request's mixins, by field: worked out before, and of these very schemas."""

    @property
    def acting_as(self) -> tuple[str, str]:
        """Under which key the facts know this customer."""
        return self.customer_id or "", self.cart.legal_entity_id if self.cart is not None else ""

    @property
    def customer_key(self) -> str:
        """Under which name this buyer's coupon redemptions are counted."""
        if self.customer_id is not None:
            return customer_key(*self.acting_as)
        return f"guest:{self.request.customer.email.casefold()}" if self.request.customer else "guest:"


class Ground(Struct, frozen=True):
    """What stands fast of an attempt once its cart and site are known: resolved while loading, and never again.

    `asked` is the delivery window that the cart asks for, `window` the open one that it is, or what speaks against it;
    both are None where it asks for none.
    """

    cart: Cart
    terms: PricingTerms
    asked: DeliveryWindow | None = None
    window: Window | list[WindowRefusal] | None = None


class Redemption(Struct, frozen=True):
    """A coupon that the order redeems; `uses_max` is the limit per customer, below zero for none."""

    code: str
    customer: str
    uses_max: int
    discount_minor: int


class Decision(Struct, frozen=True):
    """What becomes true: the order with the stock it takes, and the coupons it redeems."""

    order: Order
    status: str
    total_minor: int
    redemptions: tuple[Redemption, ...]
    payment: PaymentPlan | None = None
    """Whom to ask for the money before the order stands; None where nobody is asked."""
