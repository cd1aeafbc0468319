#!/bin/sh
# Package:   segno 1.6.6
# Behaviour: a euro sign in the text of a payment's QR code (EPC069-12) makes segno choose ISO 8859-7, the Greek
#            alphabet, for the whole code; with an umlaut beside it, ISO 8859-15; with Latin 1 alone, ISO 8859-1.
# Guess:     the first fallback from Latin 1 is UTF-8, or Latin 9 (ISO 8859-15), which is Latin 1 with the euro sign.
# Matters:   a bank's application that knows the usual character sets only, or an older table of the Greek one, which
#            had no euro sign, garbles or refuses the codes of just those invoices whose text mentions an amount.
#            Passing `encoding` avoids it.
. "$(dirname "$0")/lib.sh"
python_packages segno==1.6.6
run_python <<'PYTHON'
from decimal import Decimal
from segno import helpers

SETS = ("utf-8", "iso-8859-1", "iso-8859-7", "iso-8859-15")


def modules(text, encoding=None):
    try:
        code = helpers.make_epc_qr(
            "Shop GmbH", "DE89370400440532013000", Decimal("5.00"), text=text, encoding=encoding
        )
    except UnicodeEncodeError:
        return None
    return code.matrix


texts = ("Rechnung 7", "Rechnung 7 (5 €)", "Rechnung 7 über 5 €")
seen = [[name for name in SETS if modules(text, name) == modules(text)] for text in texts]
print(dict(zip(texts, seen)))
assert seen == [["iso-8859-1"], ["iso-8859-7"], ["iso-8859-15"]]
PYTHON
