#!/bin/sh
# Package:   biip 5.2.0
# Behaviour: the digits of a German EAN-13 that begins with 400 are parsed twice: as the article's number, and as a GS1
#            message that says "customer's purchase order number 6381333931", both without an error.
# Guess:     thirteen digits with a right check digit are an EAN-13 and nothing else. The barcode's kind is known only
#            when the scanner sends a symbology identifier before it, which most are not set up to do.
# Matters:   code that asks for a GS1 message first takes an article that is scanned for somebody's order.
. "$(dirname "$0")/lib.sh"
python_packages biip==5.2.0
run_python <<'PYTHON'
import biip


def parsed(text):
    result = biip.parse(text)
    message = result.gs1_message
    return (
        result.gtin and result.gtin.value,
        message and [(element.ai.ai, element.value) for element in message.element_strings],
    )


plain, told = parsed("4006381333931"), parsed("]E04006381333931")
print("digits alone:", plain, "with a symbology identifier:", told)
assert plain == ("4006381333931", [("400", "6381333931")])
assert told == ("4006381333931", None)
PYTHON
