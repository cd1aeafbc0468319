#!/bin/sh
# Packages:  Babel 2.18.0 and Babel 2.19.0
# Behaviour: 2.18 groups Swiss amounts with the typographic apostrophe (U+2019), 2.19 with the straight one (U+0027),
#            and 2.19 does not read what 2.18 wrote: NumberFormatError.
# Guess:     between two minor versions the way of writing may change, but not that the old one is understood.
# Matters:   a price list that was exported with one version and comes back, corrected by hand, to the other is
#            refused; so is what browsers with older locale data write.
. "$(dirname "$0")/lib.sh"
python_packages Babel==2.18.0
written=$(run_python <<'PYTHON'
from babel.numbers import format_decimal

print(ascii(format_decimal(1234.5, locale="de_CH"))[1:-1])
PYTHON
)
python_packages Babel==2.19.0
run_python "$written" <<'PYTHON'
import sys
from decimal import Decimal
from babel.numbers import NumberFormatError, format_decimal, parse_decimal

old = sys.argv[1].encode().decode("unicode_escape")
new = format_decimal(1234.5, locale="de_CH")
print("2.18.0 writes", ascii(old), "2.19.0 writes", ascii(new))
assert (old, new) == ("1\u2019234.5", "1'234.5")
assert parse_decimal(new, locale="de_CH") == Decimal("1234.5")
try:
    print("2.19.0 reads", parse_decimal(old, locale="de_CH"))
except NumberFormatError as error:
    print("2.19.0:", error)
else:
    sys.exit("the old apostrophe is read again")
PYTHON
