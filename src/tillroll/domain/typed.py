"""What people type or paste, and how it is compared with what is kept: as they mean it, not letter by letter.

    " Save10 " ──► trimmed "Save10" ──► folded "save10"       "IV51  9HP" ──► folded "iv51 9hp" ──► closed "iv519hp"

Nothing of this is done to a secret or to an opaque id: those are compared as they are.
"""

import unicodedata

from msgspec import Struct

# Marks without a width, which a copied text brings along and nobody sees; `str.strip` takes the blanks alone.
_UNSEEN = "\u200b\u2060\ufeff"


class Typed(Struct, frozen=True, gc=False):
    """A text that somebody typed."""

    text: str

    @property
    def trimmed(self) -> str:
        """Without outer blanks, and each character in one way (NFC): a Mac writes an ü as u and its dots."""
        if self.text.isascii():
            return self.text.strip()
        bare = before = unicodedata.normalize("NFC", self.text)
        while (bare := bare.strip().strip(_UNSEEN)) != before:
            before = bare
        return bare

    @property
    def folded(self) -> str:
        """As it is compared where case does not count; every row of inner blanks is one blank."""
        folded = " ".join(self.trimmed.split()).casefold()
        return folded if folded.isascii() else unicodedata.normalize("NFC", folded)

    @property
    def closed(self) -> str:
        """As `folded`, without any blank."""
        return self.folded.replace(" ", "")

    @property
    def spellings(self) -> frozenset[str]:
        """How the same text may have been kept where case counts: as it was typed, or trimmed, its marks either way."""
        if self.text.isascii():
            return frozenset({self.text, self.text.strip()})
        trimmed = self.trimmed
        return frozenset({self.text, trimmed, unicodedata.normalize("NFD", trimmed)})

    @property
    def parts(self) -> frozenset[str]:
        """How it may stand within a longer text: its blanks are meant, its marks may be written either way."""
        if self.text.isascii():
            return frozenset({self.text})
        return frozenset({self.text, *(unicodedata.normalize(form, self.text) for form in ("NFC", "NFD"))})
