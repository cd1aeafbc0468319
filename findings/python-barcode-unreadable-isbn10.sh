#!/bin/sh
# Packages:  python-barcode 0.16.1 and zxing-cpp 3.1.1
# Behaviour: the classes for ISBN-10, ISSN and EAN-14 draw bars for which there is no reader. The first two build an
#            EAN-13 of ten and eight digits ("9783161489" for the ISBN 3-16-148410-0), the third one of fourteen; and
#            their `get_fullcode` is wrong as well.
# Guess:     an ISBN-10 or ISSN becomes the EAN-13 with the prefix 978 or 977; fourteen digits become an ITF-14.
# Matters:   a bookseller's labels can not be scanned at the till. ISBN-13 and EAN-13 of the same package are right.
. "$(dirname "$0")/lib.sh"
python_packages python-barcode==0.16.1 zxing-cpp==3.1.1 pillow==13.0.0
run_python <<'PYTHON'
import io
import barcode
import zxingcpp
from barcode.writer import ImageWriter
from PIL import Image

seen = {}
for kind, number in (
    ("isbn13", "9783161484100"),
    ("isbn10", "3161484100"),
    ("issn", "03785955"),
    ("ean14", "14006381333938"),
):
    file = io.BytesIO()
    code = barcode.get(kind, number, writer=ImageWriter())
    code.write(file, options={"write_text": False})
    seen[kind] = code.get_fullcode(), [found.text for found in zxingcpp.read_barcodes(Image.open(file))]
    print(kind, number, "full code", seen[kind][0], "read", seen[kind][1])
assert seen == {
    "isbn13": ("9783161484100", ["9783161484100"]),
    "isbn10": ("9783161489", []),
    "issn": ("97703785", []),
    "ean14": ("14006381333938", []),
}
PYTHON
