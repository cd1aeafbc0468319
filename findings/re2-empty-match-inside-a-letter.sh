#!/bin/sh
# Package:   google-re2 1.1.20251105
# Behaviour: `\B` matches an empty place in "aéa" that is inside the two bytes of the letter é. The position is given
#            in characters, so the same place is even reported twice.
# Guess:     the engine works on characters, as its arguments and answers do, and no match begins within one. ECMA 262
#            and `re.ASCII` find no such place: é is no word character, so there is a boundary on either side of it.
# Matters:   a merchant's pattern for an attribute is the same in the browser and on the server, until somebody types
#            an accent.
. "$(dirname "$0")/lib.sh"
python_packages google-re2==1.1.20251105
run_python <<'PYTHON'
import re
import re2

text = "aéa"
in_re2 = [found.span() for found in re2.finditer(r"\B", text)]
in_re = [found.span() for found in re.finditer(r"\B", text, re.ASCII)]
print("re2:", in_re2, "re.ASCII:", in_re)
assert in_re == []
assert in_re2 == [(2, 2), (2, 2)]
assert re2.fullmatch(r"a.a", text), "elsewhere, a letter is one character"
PYTHON
