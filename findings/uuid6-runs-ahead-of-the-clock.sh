#!/bin/sh
# Package:   uuid6 2025.0.1
# Behaviour: `uuid7` takes a new millisecond for every id, so that ten thousand of them made at once end nine seconds
#            or more in the future.
# Guess:     the time in an id is the time at which it was made; within one millisecond a counter or chance orders
#            them.
# Matters:   orders imported in bulk have ids of the future, and those of real buyers, from another process, sort
#            before them. The time can not be read back from an id.
. "$(dirname "$0")/lib.sh"
python_packages uuid6==2025.0.1
run_python <<'PYTHON'
import time
import uuid6

ids = [uuid6.uuid7() for _ in range(10_000)]
now = time.time_ns() // 1_000_000
stamps = [made.int >> 80 for made in ids]
print("distinct milliseconds:", len(set(stamps)), "ahead of the clock by ms:", stamps[-1] - now)
assert len(set(stamps)) == 10_000
assert stamps[-1] > now + 1000
PYTHON
