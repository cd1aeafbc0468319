#!/bin/sh
# Packages:  python-escpos 3.1 and Babel 2.19.0
# Behaviour: French amounts are grouped by a narrow no-break space (U+202F), for which the printer driver finds no code
#            page: the receipt says "1?234,50 €". The no-break space before the euro sign is printed.
# Guess:     every blank is printed as a blank; the driver changes code pages by itself and finds even the euro sign.
# Matters:   each amount from 1000 on in each French receipt. The text has to be given an ordinary space first.
. "$(dirname "$0")/lib.sh"
python_packages python-escpos==3.1 Babel==2.19.0
run_python <<'PYTHON'
from babel.numbers import format_currency
from escpos.printer import Dummy


def printed(text):
    printer = Dummy()
    printer.text(text)
    return printer.output


price = format_currency(1234.5, "EUR", locale="fr_FR")
print(ascii(price), printed(price))
assert price == "1\u202f234,50\xa0€"
assert printed(price) == b"\x1bt\x001?234,50\xff\x1bt\x0f\xa4"
PYTHON
