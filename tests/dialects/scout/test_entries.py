"""What an owner enters in person, by form, file or program: nothing is lost, and nothing is there twice by accident."""

import re
from typing import Any

import httpx

from tests.owner import Owner
from tests.shop import succeeded

PAIR = {"name": "Dunk", "size": "9", "currency": "eur", "purchase_price": "100", "date": "2024-01-02"}
HEADINGS = "order_id,name,size,currency,purchase_price,date"
ROW = ",Dunk,9,eur,100,2024-01-02"
GOODS: dict[str, Any] = {"name": "Dunk", "size": "9", "purchase_currency": "eur", "purchase_price": 10000}
GOODS |= {"checkout_time": 1704153600}


def listed(program: httpx.Client) -> list[dict[str, Any]]:
    """What is in the inventory."""
    items: list[dict[str, Any]] = succeeded(program.get("/v1/inventory"), 200)["items"]
    return items


def imported(program: httpx.Client, *rows: str, headings: str = HEADINGS) -> tuple[int, int, int]:
    """How many rows of a file were new, corrections and known."""
    file = "\n".join((headings, *rows))
    done = succeeded(program.post("/v1/inventory/sheet", content=file, headers={"content-type": "text/csv"}), 200)
    return done["added"], done["corrected"], done["unchanged"]


def test_two_equal_pairs_that_are_entered_by_hand_are_two_items(owner: Owner, program: httpx.Client) -> None:
    for order_id in ("", "", "7", "7"):
        page = owner.page("/inventory/new")
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page))
        twice = [program.post("/inventory/new", data={**form, **PAIR, "order_id": order_id}) for _ in range(2)]
        assert [one.status_code for one in twice] == [303, 303]
        assert twice[0].headers["location"] == twice[1].headers["location"]
    assert len(listed(program)) == 4
    assert {item["landed_cost"] for item in listed(program)} == {10000}


def test_a_form_that_is_changed_and_sent_again_corrects_its_item(owner: Owner, program: httpx.Client) -> None:
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', owner.page("/inventory/new")))
    for price in ("100", "90"):
        program.post("/inventory/new", data={**form, **PAIR, "purchase_price": price})
    assert [(item["purchase_price"], item["version"]) for item in listed(program)] == [(9000, 2)]


def test_a_form_that_was_not_in_order_adds_one_item_once_it_is(owner: Owner, program: httpx.Client) -> None:
    wrong = owner.send("/inventory/new", {**PAIR, "date": "", "entry": "mark"})
    assert wrong.status_code == 422
    assert 'name="entry" value="mark"' in wrong.text


def test_equal_rows_of_a_file_are_items_and_the_file_may_come_again_and_grow(program: httpx.Client) -> None:
    assert imported(program, ROW, ROW) == (2, 0, 0)
    assert imported(program, ROW, ROW) == (0, 0, 2)
    assert imported(program, ROW, ROW.replace("100", "120"), ROW, ROW) == (2, 0, 2)
    prices = sorted(item["purchase_price"] for item in listed(program))
    assert prices == [10000, 10000, 10000, 12000]


def test_equal_rows_of_one_order_are_items_and_a_later_file_corrects_them(program: httpx.Client) -> None:
    assert imported(program, f"7{ROW}", f"7{ROW}") == (2, 0, 0)
    assert imported(program, f"7{ROW}", f"7{ROW}".replace("100", "90")) == (0, 1, 1)
    assert sorted(item["purchase_price"] for item in listed(program)) == [9000, 10000]


def test_a_programs_items_are_told_apart_by_their_order_or_by_their_key(program: httpx.Client) -> None:
    keyed = {"idempotency-key": "first"}
    for goods, headers, statuses in (
        (GOODS, {}, (201, 201)),
        (GOODS, keyed, (201, 200)),
        ({**GOODS, "order_id": "7"}, {}, (201, 200)),
        ({**GOODS, "order_id": "7"}, {"idempotency-key": "second"}, (200, 200)),
        ({**GOODS, "purchase_price": 1}, keyed, (200, 200)),
    ):
        answers = [program.post("/v1/inventory/items", json=goods, headers=headers) for _ in range(2)]
        assert tuple(one.status_code for one in answers) == statuses, answers[0].text
    assert sorted((item["purchase_price"], item["version"]) for item in listed(program)) == [
        (1, 2),
        *[(10000, 1)] * 3,
    ]


def test_a_program_corrects_an_item_that_has_no_order(program: httpx.Client) -> None:
    item = succeeded(program.post("/v1/inventory/items", json=GOODS), 201)
    corrected = succeeded(program.put(f"/v1/inventory/items/{item['id']}", json={**GOODS, "tax": 5}), 200)
    assert (corrected["order_id"], corrected["landed_cost"], corrected["version"]) == ("", 10005, 2)


def test_a_program_does_not_write_over_what_it_has_not_read(program: httpx.Client) -> None:
    item = succeeded(program.post("/v1/inventory/items", json=GOODS), 201)
    path = f"/v1/inventory/items/{item['id']}"
    succeeded(program.put(path, json={**GOODS, "tax": 5, "version": 1}), 200)
    for stale in (1, 3, "1", 1.0):
        refused = program.put(path, json={**GOODS, "tax": 7, "version": stale})
        assert (refused.status_code, "version 2" in refused.text) == (409, True), refused.text
    assert succeeded(program.get(path), 200)["landed_cost"] == 10005
    assert program.put(path, json={**GOODS, "version": "newest"}).status_code == 400
    assert succeeded(program.put(path, json={**GOODS, "tax": 7, "version": "2"}), 200)["version"] == 3
    assert succeeded(program.put(path, json={**GOODS, "tax": 8, "version": None}), 200)["version"] == 4


def test_a_column_that_a_file_does_not_have_changes_nothing_and_an_empty_cell_clears(program: httpx.Client) -> None:
    more = {"brand": "Nike", "color": "Panda", "tags": ["a,b", "c"], "tax": 900, "checkout_time": 1704153661}
    item = succeeded(program.post("/v1/inventory/items", json={**GOODS, **more}), 201)
    succeeded(program.post(f"/v1/inventory/items/{item['id']}/steps", json={"state": "listed", "amount": 200}), 200)
    before = {name: value for name, value in listed(program)[0].items() if name not in ("version", "landed_cost")}
    assert imported(program, f"{item['id']},95", headings="item_id,purchase_price") == (0, 1, 0)
    changed = {**before, "purchase_price": 9500}
    assert listed(program)[0] == {**changed, "version": 2, "landed_cost": 10400}
    # A spreadsheet leaves out the last cells of a row where they are empty: the colour is cleared, the brand too.
    assert imported(program, f"{item['id']},,9", headings="item_id,brand,size,color") == (0, 1, 0)
    assert listed(program)[0] == {**changed, "version": 3, "landed_cost": 10400, "brand": "", "color": ""}
    assert imported(program, f"{item['id']},250", headings="item_id,state_amount") == (0, 0, 1)
    assert listed(program)[0]["state_amount"] == 25000
    file = program.get("/v1/inventory/sheet").text
    done = succeeded(program.post("/v1/inventory/sheet", content=file, headers={"content-type": "text/csv"}), 200)
    assert done == {"added": 0, "corrected": 0, "unchanged": 1, "moved": 0}


def test_what_is_wrong_with_rows_and_with_the_items_they_name_is_told_at_once(program: httpx.Client) -> None:
    item = succeeded(program.post("/v1/inventory/items", json=GOODS), 201)
    rows = (f"{item['id']},", f"{item['id']},1", "nothing,1", ",1")
    file = "\n".join(("item_id,purchase_price", *rows))
    refused = program.post("/v1/inventory/sheet", content=file, headers={"content-type": "text/csv"})
    assert refused.status_code == 422
    told = refused.json()["error"]["problems"]
    assert told[0] == "Row 2: purchase_price is required."
    assert told[1] == "Row 3: the item of row 2 once more."
    assert told[2] == "Row 4: there is no item nothing in this inventory."
    assert told[3].startswith("Row 5: name is required.")


def test_nothing_is_sold_returned_or_lost_on_a_day_before_it_was_bought(owner: Owner, program: httpx.Client) -> None:
    """The pair was bought on 2 January, at midnight; on that day it may be sold."""
    id = succeeded(program.post("/v1/inventory/items", json=GOODS), 201)["id"]
    page, steps = f"/inventory/items/{id}", f"/v1/inventory/items/{id}/steps"
    file = {"content-type": "text/csv"}
    for state, amount in (("sold", "5"), ("returned", ""), ("lost", "")):
        said = f"an item can not be {state} on a day before it was bought"
        refused = owner.send(f"{page}/state", {"state": state, "amount": amount, "date": "2024-01-01"}, page=page)
        assert (refused.status_code, said[1:] in refused.text) == (422, True)
        step = {"state": state, "time": GOODS["checkout_time"] - 1} | ({"amount": 500} if amount else {})
        answer = program.post(steps, json=step)
        assert (answer.status_code, said[1:] in answer.json()["error"]["message"]) == (422, True)
        for start in (f"{id},Dunk", ",Dunk"):
            sheet = (
                f"item_id,name,currency,purchase_price,date,state,state_amount,state_date\n{start},eur,1,2024-01-02,"
            )
            answer = program.post("/v1/inventory/sheet", content=f"{sheet}{state},{amount},2024-01-01", headers=file)
            assert answer.json()["error"]["problems"] == [f"Row 2: {said}."]
    succeeded(program.post(steps, json={"state": "listed", "time": GOODS["checkout_time"] - 86400}), 200)
    succeeded(program.post(steps, json={"state": "sold", "amount": 1, "time": GOODS["checkout_time"]}), 200)
    later = {**GOODS, "checkout_time": GOODS["checkout_time"] + 86400}
    assert program.put(f"/v1{page}", json=later).status_code == 422
    assert owner.send(f"{page}/edit", {**PAIR, "date": "2024-01-03"}).status_code == 422
    corrected = program.post("/v1/inventory/sheet", content=f"item_id,date\n{id},2024-01-03", headers=file)
    assert corrected.status_code == 422
    (item,) = listed(program)
    assert (item["version"], item["state"]) == (1, "sold")


def test_a_filter_that_does_not_exist_is_refused_to_programs(program: httpx.Client) -> None:
    for wrong in ({"state": "Sold"}, {"currency": "xyz"}, {"q": "x" * 201}):
        for path in ("/v1/inventory", "/v1/inventory/sheet"):
            assert program.get(path, params=wrong).status_code == 400, wrong
    assert program.get("/v1/inventory", params={"state": "sold", "currency": "EUR", "q": "x"}).status_code == 200


def test_a_file_that_takes_a_sale_back_says_when(program: httpx.Client) -> None:
    id = succeeded(program.post("/v1/inventory/items", json=GOODS), 201)["id"]
    assert imported(program, f"{id},in_stock", headings="item_id,state") == (0, 0, 1)
    sold = {"state": "sold", "amount": 12000, "time": GOODS["checkout_time"]}
    succeeded(program.post(f"/v1/inventory/items/{id}/steps", json=sold), 200)
    file = {"content-type": "text/csv"}
    refused = program.post("/v1/inventory/sheet", content=f"item_id,state\n{id},in_stock", headers=file)
    assert refused.status_code == 422
    assert "state_date" in refused.json()["error"]["problems"][0]
    dated = f"item_id,state,state_date\n{id},in_stock,2024-01-03"
    assert succeeded(program.post("/v1/inventory/sheet", content=dated, headers=file), 200)["moved"] == 1
    assert listed(program)[0]["state"] == "in_stock"
