#!/bin/sh
# Package:   python-stdnum 2.2
# Behaviour: `gs1_128.info` takes the text that is printed below a GS1-128 barcode, brackets and all, but throws the
#            brackets away before it parses. What follows a field of open length is swallowed by it: the batch of
#            "(10)ABC(17)261231" is "ABC17261231", and there is no expiry date.
# Guess:     where brackets are accepted they delimit the fields, since that is what they are printed for.
# Matters:   a delivery that is typed in or scanned from a label loses its best-before date without an error.
. "$(dirname "$0")/lib.sh"
python_packages python-stdnum==2.2
run_python <<'PYTHON'
import datetime
from stdnum import gs1_128

printed = gs1_128.info("(01)04006381333931(10)ABC(17)261231")
scanned = gs1_128.info("010400638133393110ABC\x1d17261231", separator="\x1d")
print("printed:", printed)
print("scanned:", scanned)
assert printed == {"01": "04006381333931", "10": "ABC17261231"}
assert scanned == {"01": "04006381333931", "10": "ABC", "17": datetime.date(2026, 12, 31)}
PYTHON
