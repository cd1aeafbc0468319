#!/bin/sh
# Package:   currency.js 2.0.4
# Behaviour: the text "1E+3" is 13: everything but digits, sign and point is thrown away before it is read.
# Guess:     1000, as `Number("1E+3")` is, or an error.
# Matters:   Python prints a round Decimal as "1E+3" (`Decimal("1000").normalize()`), so a server's JSON with amounts
#            as text shows a thousand as thirteen in a shop window that uses this package. Amounts have to be written
#            out.
. "$(dirname "$0")/lib.sh"
npm_packages currency.js@2.0.4
run_node <<'NODE'
const assert = require("node:assert/strict");
const currency = require("currency.js");

const seen = ["1000", "1E+3", "1e3"].map((text) => [text, Number(text), currency(text).value]);
console.log(seen);
assert.deepEqual(seen, [["1000", 1000, 1000], ["1E+3", 1000, 13], ["1e3", 1000, 13]]);
NODE
