#!/bin/sh
# Package:   schwifty 2026.10.1
# Behaviour: `in_sepa_zone` is False for accounts in Albania, Montenegro, Moldova, North Macedonia and Serbia, which
#            became part of SEPA in November 2024, March 2025 and May 2025.
# Guess:     a package whose version is of October 2026 knows who was a member in 2025.
# Matters:   a shop that offers the transfer by `in_sepa_zone` hides it from the buyers of five countries.
. "$(dirname "$0")/lib.sh"
python_packages schwifty==2026.10.1
run_python <<'PYTHON'
from schwifty import IBAN

# The specimens of the IBAN registry.
joined = {
    "AL": "AL47212110090000000235698741",
    "ME": "ME25505000012345678951",
    "MD": "MD24AG000225100013104168",
    "MK": "MK07250120000058984",
    "RS": "RS35260005601001611379",
}
seen = {country: IBAN(number).in_sepa_zone for country, number in joined.items()}
print(seen, "DE:", IBAN("DE89370400440532013000").in_sepa_zone)
assert not any(seen.values())
assert IBAN("DE89370400440532013000").in_sepa_zone
PYTHON
