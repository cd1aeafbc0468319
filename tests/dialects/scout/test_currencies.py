"""What is bought in one currency may be sold in another: each amount keeps its own, and nothing adds the two."""

from typing import Any

import httpx

from tests.dialects.scout.test_entries import GOODS, imported, listed
from tests.owner import Owner
from tests.shop import succeeded

SOLD = {"state": "sold", "amount": 12000, "time": 1704240000}
FILE = {"content-type": "text/csv"}


def totals(program: httpx.Client, **query: str) -> dict[str, dict[str, Any]]:
    """What is not nothing in the totals, by currency."""
    found = succeeded(program.get("/v1/inventory", params=query), 200)["totals"]
    return {
        one["currency"]: {name: value for name, value in one.items() if value and name != "currency"} for one in found
    }


def test_a_corrected_currency_of_the_purchase_leaves_the_sale_as_it_was(owner: Owner, program: httpx.Client) -> None:
    id = succeeded(program.post("/v1/inventory/items", json=GOODS), 201)["id"]
    sold = succeeded(program.post(f"/v1/inventory/items/{id}/steps", json=SOLD), 200)
    assert (sold["state_currency"], sold["profit"]) == ("eur", 2000)
    assert imported(program, f"{id},gbp", headings="item_id,currency") == (0, 1, 0)
    (item,) = listed(program)
    assert (item["purchase_currency"], item["state_amount"], item["state_currency"]) == ("gbp", 12000, "eur")
    assert item["profit"] is None
    apart = {"gbp": {"count": 1, "spent": 10000}, "eur": {"sold_count": 1, "sold": 12000, "foreign_count": 1}}
    assert totals(program) == apart
    assert totals(program, currency="eur") == apart
    assert totals(program, currency="usd") == {}
    page = owner.page(f"/inventory/items/{id}")
    for said in ("100.00 GBP", "120.00 EUR", "not known: bought in GBP, sold in EUR"):
        assert said in page
    assert "without 1 bought in another currency" in owner.page("/inventory")
    file = program.get("/v1/inventory/sheet").text
    again = succeeded(program.post("/v1/inventory/sheet", content=file, headers=FILE), 200)
    assert again == {"added": 0, "corrected": 0, "unchanged": 1, "moved": 0}
    assert listed(program) == [item]


def test_a_sale_names_its_currency_in_a_form_in_a_file_and_in_a_programs_step(
    owner: Owner, program: httpx.Client
) -> None:
    ids = [succeeded(program.post("/v1/inventory/items", json=GOODS), 201)["id"] for _ in range(2)]
    page = f"/inventory/items/{ids[0]}"
    form = {"state": "sold", "amount": "130", "currency": "usd", "date": "2024-01-03"}
    assert owner.send(f"{page}/state", form, page=page).status_code == 303
    assert '<option value="usd" selected>' in owner.page(page)
    succeeded(program.post(f"/v1/inventory/items/{ids[1]}/steps", json={**SOLD, "currency": "USD"}), 200)
    row = "Cap,OS,eur,5,2024-01-02,returned,4,{},2024-01-09"
    headings = "name,size,currency,purchase_price,date,state,state_amount,state_currency,state_date"
    assert imported(program, row.format("usd"), row.format(""), headings=headings) == (2, 0, 0)
    assert totals(program) == {
        "eur": {"count": 4, "spent": 21000, "returned_count": 1, "refund": 400, "profit": -100},
        "usd": {"sold_count": 2, "sold": 25000, "returned_count": 1, "refund": 400, "foreign_count": 3},
    }
    for wrong in ("jpy", 5, ""):
        step = program.post(f"/v1/inventory/items/{ids[0]}/steps", json={**SOLD, "currency": wrong})
        assert step.status_code == (400 if wrong else 200), step.text
    refused = owner.send(f"{page}/state", {**form, "currency": "jpy"}, page=page)
    assert (refused.status_code, "The currency must be one of" in refused.text) == (422, True)
    file = "\n".join((headings, row.format("jpy")))
    refused = program.post("/v1/inventory/sheet", content=file, headers=FILE)
    assert "the currency must be one of" in refused.json()["error"]["problems"][0]
