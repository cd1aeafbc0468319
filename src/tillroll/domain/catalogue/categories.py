"""Categories, and which products are in them."""

from msgspec import field

from tillroll.domain.documents import Document, Localized, Validity


class Category(Document, frozen=True):
    """A category of products; one without a parent is a root."""

    id: str = ""
    localized_name: dict[str, str] = field(default_factory=dict)
    name: Localized = ""
    parent_id: str | None = None
    code: str | None = None
    published: bool = False
    validity: Validity | None = None


class CategoryAssignment(Document, frozen=True):
    """That a product is in a category; which ones stands in the keys."""

    id: str = ""
