#!/bin/sh
# Package:   jsonschema 4.26.0
# Behaviour: a validator class made by `validators.extend` with a keyword of one's own does not look at that keyword
#            below any subschema that has a `$schema`, although that names the very dialect which was extended.
# Guess:     the extended class validates the whole document; `$schema` of the same dialect changes nothing.
# Matters:   schemas of products are put together from parts that were documents of their own, each with its `$schema`.
#            The shop's own rules are then skipped in silence for these parts.
. "$(dirname "$0")/lib.sh"
python_packages jsonschema==4.26.0
run_python <<'PYTHON'
from jsonschema import Draft7Validator, ValidationError, validators


def whole_cents(validator, wanted, instance, schema):
    if wanted and instance != int(instance):
        yield ValidationError(f"{instance} is no whole number of cents")


Shop = validators.extend(Draft7Validator, {"wholeCents": whole_cents})
part = {"wholeCents": True}
document = {"$schema": Draft7Validator.META_SCHEMA["$id"]} | part
plain = Shop({"properties": {"price": part}}).is_valid({"price": 1.5})
named = Shop({"properties": {"price": document}}).is_valid({"price": 1.5})
top = Shop(document).is_valid(1.5)
print("1.5 is valid: part without $schema", plain, "| part with $schema", named, "| $schema at the top", top)
assert (plain, named, top) == (False, True, False)
PYTHON
