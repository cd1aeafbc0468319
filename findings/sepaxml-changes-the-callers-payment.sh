#!/bin/sh
# Package:   sepaxml 2.7.0
# Behaviour: `add_payment` replaces the date in the caller's own dictionary by a text. The same dictionary can not be
#            added again, to the next file or after a correction: AttributeError.
# Guess:     the payment that is handed over is read; a message is written from it as often as one likes.
# Matters:   a run of refunds that is repeated after one bad account fails at the good ones. Copies have to be added.
. "$(dirname "$0")/lib.sh"
python_packages sepaxml==2.7.0
run_python <<'PYTHON'
import datetime
import sys
from sepaxml import SepaTransfer


def transfers():
    shop = {"name": "Shop", "IBAN": "NL50BANK1234567890", "BIC": "BANKNL2A", "batch": True, "currency": "EUR"}
    return SepaTransfer(shop, clean=True)


refund = {
    "name": "Buyer",
    "IBAN": "NL50BANK1234567890",
    "BIC": "BANKNL2A",
    "amount": 1250,
    "execution_date": datetime.date(2026, 12, 1),
    "description": "Refund 7",
}
transfers().add_payment(refund)
print("after the first file:", repr(refund["execution_date"]), repr(refund["amount"]))
assert refund["execution_date"] == "2026-12-01" and refund["amount"] == 1250
try:
    transfers().add_payment(refund)
except AttributeError as error:
    print("second file:", error)
else:
    sys.exit("it was added again")
PYTHON
