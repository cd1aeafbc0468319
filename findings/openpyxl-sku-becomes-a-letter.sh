#!/bin/sh
# Packages:  openpyxl 3.1.5 and xlsx 0.18.5 (npm)
# Behaviour: openpyxl writes the text "SCREW_x1000_M4" as it is, but in the format of these files `_x1000_` stands for
#            the character U+1000, and the text must be written as "SCREW_x005F_x1000_M4". A reader that keeps to the
#            format sees "SCREWကM4"; openpyxl itself does not, as it does not decode it either.
# Guess:     what stands in a cell is in the file, escaped if need be, and the round trip through the same package
#            proves it.
# Matters:   numbers of articles with a size or a pack of four digits between underscores are others after an export.
. "$(dirname "$0")/lib.sh"
python_packages openpyxl==3.1.5
npm_packages xlsx@0.18.5
run_python "$folder/stock.xlsx" <<'PYTHON'
import sys
import openpyxl

path, skus = sys.argv[1], ["SCREW_x1000_M4", "SCREW_x100_M4"]
book = openpyxl.Workbook()
book.active.append(skus)
book.save(path)
read = [cell.value for cell in openpyxl.load_workbook(path).active[1]]
print("openpyxl reads", read)
assert read == skus
PYTHON
run_node <<'NODE'
const assert = require("node:assert/strict");
const sheets = require("xlsx");

const [sheet] = Object.values(sheets.readFile("stock.xlsx").Sheets);
const [read] = sheets.utils.sheet_to_json(sheet, { header: 1 });
console.log("xlsx reads", read);
assert.deepEqual(read, ["SCREW\u1000M4", "SCREW_x100_M4"]);
NODE
