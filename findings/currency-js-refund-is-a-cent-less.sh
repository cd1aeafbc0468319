#!/bin/sh
# Package:   currency.js 2.0.4
# Behaviour: halves are rounded up, also below zero: 1.005 becomes 1.01, -1.005 becomes -1.00.
# Guess:     half a cent is rounded away from zero on both sides, or to even; in any case a refund is its sale with a
#            minus.
# Matters:   a sale and its full refund leave a cent on the books, whenever a tax or a discount ends in half a cent.
. "$(dirname "$0")/lib.sh"
npm_packages currency.js@2.0.4
run_node <<'NODE'
const assert = require("node:assert/strict");
const currency = require("currency.js");

const sale = currency("6.70").multiply("0.15").value;
const refund = currency("-6.70").multiply("0.15").value;
console.log("15 % of 6.70:", sale, "and of -6.70:", refund, "left:", currency(sale).add(refund).value);
assert.deepEqual([sale, refund], [1.01, -1]);
NODE
