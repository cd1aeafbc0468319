#!/bin/sh
# Package:   hare-niemeyer 3.0.0
# Behaviour: when more than one of the units that are left over belongs to tied parts, not all of them are given out:
#            200 in three equal parts are 67, 66 and 66, which is 199. With one tied unit, 100, the sum is right.
# Guess:     the largest remainder method gives out every unit, ties by lot; that is what it is for.
# Matters:   a discount that is split over the lines of a cart with it is short of a cent.
. "$(dirname "$0")/lib.sh"
npm_packages hare-niemeyer@3.0.0
run_node <<'NODE'
const assert = require("node:assert/strict");

(async () => {
  const { default: split } = await import("hare-niemeyer");
  const sums = [100, 200].map((units) => {
    const parts = Object.values(split({ shirt: 1, socks: 1, cap: 1 }, units));
    console.log(units, "are split into", parts);
    return parts.reduce((sum, part) => sum + part);
  });
  assert.deepEqual(sums, [100, 199]);
})();
NODE
