#!/bin/sh
# Package:   mt-940 5.1.1
# Behaviour: a bank that takes a credit back marks the line RC in its MT940 statement, "reversal of credit"; the
#            package gives the amount a plus, as for a credit. Only D becomes negative. The transactions of a statement
#            then differ from the difference of its balances.
# Guess:     the signed amounts of a statement add up to closing balance minus opening balance.
# Matters:   a returned direct debit or a recalled transfer looks like a second payment of the same order.
. "$(dirname "$0")/lib.sh"
python_packages mt-940==5.1.1
run_python <<'PYTHON'
import mt940

statement = """:20:STATEMENT
:25:10020030/1234567
:28C:5/1
:60F:C260228EUR1000,00
:61:2603020302C50,00NTRFORDER7
:61:2603020302RC50,00NTRFORDER7
:61:2603020302D20,00NTRFREFUND8
:61:2603020302RD20,00NTRFREFUND8
:62F:C260302EUR1000,00
-
"""
read = mt940.parse(statement)
seen = [(line.data["status"], str(line.data["amount"].amount)) for line in read]
total = sum(line.data["amount"].amount for line in read)
balances = [read.data[name].amount.amount for name in ("final_opening_balance", "final_closing_balance")]
print(seen, "sum", total, "balances", *balances)
assert seen == [("C", "50.00"), ("RC", "50.00"), ("D", "-20.00"), ("RD", "20.00")]
assert total == 100 and balances[0] == balances[1]
PYTHON
