#!/bin/sh
# Package:   dinero 0.4.0 (Python)
# Behaviour: the first addition sets the precision of the thread's decimal context to ten digits, for good. From then
#            on, every other sum of Decimals in that thread is rounded to ten digits: 123456789.05 + 1 is 123456790.0.
# Guess:     a package for exact money calculates in a context of its own.
# Matters:   whoever imports it for one label rounds the books of everybody else in the process, and only those above a
#            hundred million with cents: weeks pass before somebody asks.
. "$(dirname "$0")/lib.sh"
python_packages dinero==0.4.0
run_python <<'PYTHON'
from decimal import Decimal, getcontext
from dinero import Dinero
from dinero.currencies import EUR

before = getcontext().prec, Decimal("123456789.05") + 1
Dinero("1.10", EUR).add(Dinero("1.00", EUR))
after = getcontext().prec, Decimal("123456789.05") + 1
print("before:", *before, "after:", *after)
assert before == (28, Decimal("123456790.05"))
assert after == (10, Decimal("123456790.0"))
PYTHON
