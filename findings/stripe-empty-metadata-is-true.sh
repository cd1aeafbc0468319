#!/bin/sh
# Package:   stripe 16.1.0
# Behaviour: the metadata of an object is true where it is empty, equals no dict with the same pairs, and has no len().
#            A pair that is named like a method (`update`, `to_dict`) is there by [] and the method by attribute.
# Guess:     `if intent.metadata:` asks whether there is any, and `intent.metadata == sent` whether it is what was sent:
#            it looks like a dict, takes `in` and [], and was one in releases before.
# Matters:   a shop that tells its own payments from those of other programs by `if intent.metadata` takes them all.
. "$(dirname "$0")/lib.sh"
python_packages stripe==16.1.0
run_python <<'PYTHON'
from stripe import PaymentIntent

sent = {"order": "1", "update": "2026-12-01"}
empty = PaymentIntent.construct_from({"id": "pi_1", "metadata": {}}, "sk_test_x").metadata
full = PaymentIntent.construct_from({"id": "pi_2", "metadata": sent}, "sk_test_x").metadata
print("empty is", bool(empty), "| equal:", full == sent, "| to_dict equal:", full.to_dict() == sent)
print("[]:", full["update"], "| attribute:", type(full.update).__name__)
assert bool(empty)
assert full != sent
assert full.to_dict() == sent
assert "order" in full
assert full["update"] == "2026-12-01"
assert callable(full.update)
try:
    len(full)
except TypeError as error:
    print("len():", error)
else:
    raise SystemExit("it has a len()")
PYTHON
