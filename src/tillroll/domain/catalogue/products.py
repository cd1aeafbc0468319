"""Products, as far as the till decides by them."""

from decimal import Decimal

from msgspec import field
from msgspec.structs import force_setattr, replace

from tillroll.domain.countries import by_country
from tillroll.domain.documents import Document, Localized

_VARIANTS = frozenset({"VARIANT", "DYNAMIC_VARIANT"})


class BundledProduct(Document, frozen=True):
    """A member of a bundle and how many of it one bundle holds."""

    product_id: str
    amount: Decimal = Decimal(1)


class Product(Document, frozen=True):
    """A product (docs/wire/emporix.md, 22)."""

    id: str
    code: str
    name: Localized
    published: bool = False
    tax_classes: dict[str, str] = field(default_factory=dict)
    product_type: str = "BASIC"
    parent_variant_id: str | None = None
    bundled_products: tuple[BundledProduct, ...] = ()
    weight_dependent: bool = False

    def __post_init__(self) -> None:
        """The countries of the tax classes are in their kept form, also in a document from before they were."""
        force_setattr(self, "tax_classes", by_country(self.tax_classes))

    @property
    def parent_id(self) -> str | None:
        """The product that this one is a variant of, if it is one."""
        return self.parent_variant_id if self.product_type in _VARIANTS and self.parent_variant_id else None

    def as_variant_of(self, parent: "Product") -> "Product":
        """The variant with what it has from its parent where it says nothing itself: its tax classes, by country."""
        return replace(self, tax_classes={**parent.tax_classes, **self.tax_classes})

    def stock_needed(self, quantity: Decimal) -> tuple[tuple[str, Decimal], ...]:
        """Whose stock `quantity` of this product takes: a bundle takes its members', all others their own."""
        if self.product_type == "BUNDLE" and self.bundled_products:
            return tuple((member.product_id, member.amount * quantity) for member in self.bundled_products)
        return ((self.id, quantity),)
