#!/bin/sh
# Package:   pyvat 1.3.18
# Behaviour: the date that `get_sale_vat_charge` demands is not used for the rate: a German sale of August 2020, when
#            the rate was 16 %, is charged 19 %.
# Guess:     a date is asked for, first of all arguments, because rates change with it.
# Matters:   a refund or a corrected invoice for an older order gets today's tax. A shop has to keep the rate with the
#            order.
. "$(dirname "$0")/lib.sh"
python_packages pyvat==1.3.18
run_python <<'PYTHON'
import datetime
import pyvat

buyer, shop = (pyvat.Party(country_code="DE", is_business=business) for business in (False, True))
seen = {}
for year in (2020, 2021):
    day = datetime.date(year, 8, 1)
    charge = pyvat.get_sale_vat_charge(day, pyvat.ItemType.generic_electronic_service, buyer, shop)
    seen[year] = int(charge.rate)
print("August:", seen)
assert seen == {2020: 19, 2021: 19}
PYTHON
