"""Segments: groups of customers on a site, for a time."""

from tillroll.domain.documents import Document, Localized, Validity


class Segment(Document, frozen=True):
    """A group of customers on a site for a time; who is in it stands apart."""

    name: Localized
    id: str = ""
    status: str = "INACTIVE"
    site_code: str | None = None
    validity: Validity | None = None


class SegmentMember(Document, frozen=True):
    """That a customer is in a segment; which ones stands in the keys."""

    id: str = ""
