#!/bin/sh
# Package:   Babel 2.19.0
# Behaviour: in the locale pt_CV the escudo of Cape Verde is written with a zero width space for its symbol and an
#            ordinary decimal comma: what is seen is a bare number.
# Guess:     an amount that was formatted with its currency shows some currency. The locale data has the blank symbol
#            only because the decimal sign of this currency is "$" there (5$00), and Babel leaves that half out.
# Matters:   an invoice in the country's own locale and own currency does not say which currency it is in.
. "$(dirname "$0")/lib.sh"
python_packages Babel==2.19.0
run_python <<'PYTHON'
from babel.numbers import format_currency

home, abroad = (format_currency(5, "CVE", locale=locale) for locale in ("pt_CV", "de_DE"))
print("pt_CV", ascii(home), "de_DE", ascii(abroad))
assert home == "5,00\xa0\u200b"
assert abroad == "5,00\xa0CVE"
PYTHON
