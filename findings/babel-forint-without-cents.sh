#!/bin/sh
# Packages:  Babel 2.19.0 and iso4217 1.16.20260101
# Behaviour: Babel rounds the forint, the Iraqi dinar and the Colombian peso to whole units, where ISO 4217 has two,
#            three and two decimals. `decimal_quantization=False` keeps the digits of the amount, but not its zeros.
# Guess:     the number of decimals that a formatter takes from the currency is that of ISO 4217, as in payments.
# Matters:   a receipt says 1 236 Ft where 1 235,50 Ft were charged: lines do not add up to their total.
. "$(dirname "$0")/lib.sh"
python_packages Babel==2.19.0 iso4217==1.16.20260101
run_python <<'PYTHON'
from decimal import Decimal
from babel.numbers import format_currency, get_currency_precision
from iso4217 import Currency

pairs = {code: (Currency(code).exponent, get_currency_precision(code)) for code in ("EUR", "HUF", "IQD", "COP")}
print("decimals in ISO 4217 and in Babel:", pairs)
assert pairs == {"EUR": (2, 2), "HUF": (2, 0), "IQD": (3, 0), "COP": (2, 0)}
amount = Decimal("1235.50")
shown = format_currency(amount, "HUF", locale="hu_HU")
kept = format_currency(amount, "HUF", locale="hu_HU", decimal_quantization=False)
print(ascii(shown), ascii(kept))
assert shown == "1\xa0236\xa0Ft" and kept == "1\xa0235,5\xa0Ft"
PYTHON
