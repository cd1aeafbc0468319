#!/bin/sh
# Package:   price-parser 0.5.1
# Behaviour: the price of a dinar with three decimals is read a thousand times too high, even where the text has both
#            signs, comma and point, so that only one reading is left: "1,234.567 BHD" becomes 1234567.
# Guess:     where two different signs stand in a number, the last one is the decimal sign; and a package that knows
#            currencies knows that KWD, BHD and OMR have three decimals.
# Matters:   prices taken from suppliers' lists of the Gulf, or from a competitor's page, are a thousandfold.
. "$(dirname "$0")/lib.sh"
python_packages price-parser==0.5.1
run_python <<'PYTHON'
from price_parser import Price

seen = {text: str(Price.fromstring(text).amount) for text in ("12.345 KWD", "1,234.567 BHD", "1,234.56 BHD")}
print(seen)
assert seen == {"12.345 KWD": "12345", "1,234.567 BHD": "1234567", "1,234.56 BHD": "1234.56"}
asked = Price.fromstring("12.345 KWD", decimal_separator=".").amount
print("told the decimal sign:", asked)
assert str(asked) == "12.345"
PYTHON
