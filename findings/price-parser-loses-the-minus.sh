#!/bin/sh
# Package:   price-parser 0.5.1
# Behaviour: a minus is dropped, before and behind the number, with every sign of minus: a credit of -5,00 € is 5.00.
# Guess:     negative amounts are read as negative, or refused.
# Matters:   lines of discounts and refunds in an imported invoice are added instead of taken off.
. "$(dirname "$0")/lib.sh"
python_packages price-parser==0.5.1
run_python <<'PYTHON'
from price_parser import Price

texts = ("-5,00 €", "5,00- €", "\u22125,00 €", "€ -5.00", "(5.00) USD")
seen = [str(Price.fromstring(text).amount) for text in texts]
print(dict(zip(texts, seen)))
assert seen == ["5.00"] * 5
PYTHON
