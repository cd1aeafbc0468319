"""The inventory: pages and JSON, totals, steps, corrections, files; and that nobody sees another's."""

import re
from html import unescape
from typing import Any

import httpx
import pytest

from tests.owner import Application, Grant, Owner, new_key
from tests.shop import Shop, succeeded

# 2020-06-02 08:33:32 UTC
BOUGHT = 1591086812
ITEM_PATH = re.compile(r"/inventory/items/[0-9a-f]{32}")


def items_of(owner: Owner, **query: str) -> list[str]:
    """The addresses of the items on the page, as they stand there."""
    return list(dict.fromkeys(ITEM_PATH.findall(owner.page("/inventory", query))))


def test_landed_cost_and_profit_are_shown_in_the_items_currency(
    application: Application, owner: Owner, grant: Grant
) -> None:
    application.post(grant.post())
    (item,) = items_of(owner)
    page = owner.page(item)
    for shown in ("150.00 USD", "15.00 USD", "10.00 USD", "175.00 USD"):
        assert shown in page
    done = owner.send(f"{item}/state", {"state": "sold", "amount": "1,300.5", "date": "2020-07-01"}, page=item)
    assert (done.status_code, done.headers["location"]) == (303, item)
    page = owner.page(item)
    assert "1,300.50 USD" in page
    assert "1,125.50 USD" in page


def test_totals_are_per_currency_and_follow_the_filter(
    application: Application, owner: Owner, grant: Grant, program: httpx.Client
) -> None:
    application.post(grant.post(order_id="1"))
    application.post(grant.post(order_id="2", tax=None, shipping_price=None))
    application.post(grant.post(order_id="3", purchase_currency="eur"))
    items = succeeded(program.get("/v1/inventory"), 200)["items"]
    ids = {item["order_id"]: item["id"] for item in items}
    for order_id, state, amount in (("1", "sold", 20000), ("2", "lost", None), ("3", "returned", 10000)):
        step = {"state": state, "amount": amount, "time": BOUGHT}
        succeeded(program.post(f"/v1/inventory/items/{ids[order_id]}/steps", json=step), 200)
    dollars = {"currency": "usd", "count": 2, "spent": 32500, "held_count": 0, "held": 0, "asking": 0}
    dollars |= {
        "sold_count": 1,
        "sold": 20000,
        "profit": 20000 - 17500 - 15000,
        "foreign_count": 0,
        "returned_count": 0,
        "refund": 0,
    }
    dollars |= {"lost_count": 1, "lost": 15000}
    euros = dict.fromkeys(dollars, 0) | {"currency": "eur", "count": 1, "spent": 17500, "profit": -7500}
    euros |= {"returned_count": 1, "refund": 10000}
    assert succeeded(program.get("/v1/inventory"), 200)["totals"] == [euros, dollars]
    (sold,) = succeeded(program.get("/v1/inventory", params={"state": "sold"}), 200)["totals"]
    assert (sold["count"], sold["profit"]) == (1, 2500)
    assert succeeded(program.get("/v1/inventory", params={"currency": "gbp"}), 200)["totals"] == []


@pytest.mark.parametrize("words", ["off-white", "CI1173", "kith", "123124124", "UNIVERSITY", "raffle"])
def test_a_search_finds_what_is_written_on_an_item(
    application: Application, owner: Owner, grant: Grant, words: str
) -> None:
    application.post(grant.post(tags=["raffle"]))
    assert len(items_of(owner, q=words)) == 1
    for nothing in ("%", "_", f"{words}!", "' OR 1=1 --"):
        assert items_of(owner, q=nothing) == []


def test_pages_go_on_from_an_item_whatever_is_posted_meanwhile(
    application: Application, owner: Owner, grant: Grant, program: httpx.Client
) -> None:
    """101 items, of which some were bought in the same second: two pages and an item."""
    rows = "\n".join(f"Shoe {n},usd,1,2024-01-{n % 9 + 1:02}" for n in range(101))
    file = f"name,currency,purchase_price,date\n{rows}"
    succeeded(program.post("/v1/inventory/sheet", content=file, headers={"content-type": "text/csv"}), 200)
    pages, address = [], "/inventory?q=shoe"
    for _ in range(3):
        page = owner.page(address)
        pages.append(list(dict.fromkeys(ITEM_PATH.findall(page))))
        application.post(grant.post(order_id=str(len(pages)), name="Newer shoe", checkout_time=1750000000))
        (address,) = re.findall(r'rel="next" href="([^"]+)"', page) or [""]
        address = unescape(address)
    assert address == ""
    assert [len(page) for page in pages] == [50, 50, 1]
    assert len({item for page in pages for item in page}) == 101
    (back,) = re.findall(r'rel="prev" href="([^"]+)"', page)
    page = owner.page(unescape(back))
    assert list(dict.fromkeys(ITEM_PATH.findall(page))) == pages[1]
    (back,) = re.findall(r'rel="prev" href="([^"]+)"', page)
    page = owner.page(unescape(back))
    assert list(dict.fromkeys(ITEM_PATH.findall(page))) == pages[0]
    (back,) = re.findall(r'rel="prev" href="([^"]+)"', page)
    page = owner.page(unescape(back))
    assert list(dict.fromkeys(ITEM_PATH.findall(page)))[3:] == pages[0][:47]
    assert 'rel="prev"' not in page
    for odd in ("0", "x", "9" * 30 + "-" + "0" * 32, "\u00b2-" + "a" * 32):
        assert items_of(owner, after=odd) == items_of(owner)
    assert items_of(owner, after=f"0-{'0' * 32}") == []


def test_a_program_follows_the_next_of_each_page(program: httpx.Client) -> None:
    rows = "\n".join(f"Shoe {n},usd,1,2024-01-{n % 3 + 1:02}" for n in range(11))
    file = f"name,currency,purchase_price,date\n{rows}"
    succeeded(program.post("/v1/inventory/sheet", content=file, headers={"content-type": "text/csv"}), 200)
    found, query = [], {"size": "4"}
    while True:
        page = succeeded(program.get("/v1/inventory", params=query), 200)
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert len(found) == len(set(found)) == 11
    for odd in ("x", "-", f"1-{'g' * 32}"):
        assert program.get("/v1/inventory", params={"after": odd}).status_code == 400


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"state": "sold"}, "A sale needs its price"),
        ({"state": "lost", "amount": "5"}, "no price"),
        ({"state": "stolen", "amount": "5"}, "The state must be one of"),
        ({"state": "sold", "amount": "-5"}, "not negative"),
        ({"state": "sold", "amount": "1.005"}, "write an amount"),
        ({"state": "sold", "amount": "1e9"}, "write an amount"),
        ({"state": "sold", "amount": "9" * 25}, "absurdly high"),
        ({"state": "sold", "amount": "5", "date": "yesterday"}, "write a day"),
        ({"state": "sold", "amount": "5", "date": "1969-12-31"}, "before 1970"),
        ({"state": "sold", "amount": "5", "date": "9999-12-31"}, "a day ahead"),
    ],
    ids=str,
)
def test_a_step_that_can_not_be_is_refused_with_the_reason(
    application: Application, owner: Owner, grant: Grant, step: dict[str, str], said: str
) -> None:
    application.post(grant.post())
    (item,) = items_of(owner)
    done = owner.send(f"{item}/state", {"amount": "", "date": "2020-07-01", **step}, page=item)
    assert done.status_code == 422
    assert said in done.text
    assert "chip-in_stock" in owner.page("/inventory")


def test_a_step_that_is_sent_twice_is_one_step(application: Application, owner: Owner, grant: Grant) -> None:
    application.post(grant.post())
    (item,) = items_of(owner)
    for _ in range(2):
        owner.send(f"{item}/state", {"state": "sold", "amount": "200", "date": "2020-07-01"}, page=item)
    assert owner.page(item).count("200.00 USD<small>") == 1


def test_an_owner_corrects_an_item_and_a_late_retry_does_not_undo_it(
    application: Application, owner: Owner, grant: Grant
) -> None:
    application.post(grant.post())
    (item,) = items_of(owner)
    form = owner.page(f"{item}/edit")
    fields = {
        name: unescape(value) for name, value in re.findall(r'name="(\w+)" type="\w+" dir="auto" value="([^"]*)"', form)
    }
    assert fields["purchase_price"] == "150.00"
    done = owner.send(f"{item}/edit", {**fields, "currency": "usd", "purchase_price": "160"})
    assert done.status_code == 303, done.text
    application.post(grant.post())
    page = owner.page(item)
    assert "185.00 USD" in page
    assert "version 2 by form" in page
    assert "version 3" not in page


def test_an_item_that_is_added_by_hand_is_told_what_it_lacks(owner: Owner) -> None:
    wrong = owner.send("/inventory/new", {"name": "", "currency": "jpy", "purchase_price": "x", "date": ""})
    assert wrong.status_code == 422
    for said in ("name is required", "currency must be one of", "purchase_price: write", "date is required"):
        assert said in wrong.text


def test_the_report_groups_without_regard_to_capitals(application: Application, owner: Owner, grant: Grant) -> None:
    application.post(grant.post(order_id="1", store="Kith"))
    application.post(grant.post(order_id="2", store="KITH"))
    application.post(grant.post(order_id="3", store="Foot Locker", brand="Nike"))
    page = owner.page("/inventory/report", {"by": "store"})
    assert "<bdi>Foot Locker</bdi>" in page
    assert re.search(r"<bdi>KITH</bdi></th><td class=\"number\">2</td><td class=\"number\">350.00 USD", page)
    assert "2020-06" in owner.page("/inventory/report", {"by": "month"})


def test_nobody_sees_or_changes_another_users_item(
    application: Application, owner: Owner, grant: Grant, kith: Shop
) -> None:
    application.post(grant.post())
    (item,) = items_of(owner)
    with Owner(kith.url) as other:
        other.sign_up(f"{owner.name}-x")
        other.page(item, status=404)
        other.page(f"{item}/edit", status=404)
        for path, fields in (("state", {"state": "lost", "date": "2020-07-01"}), ("edit", {"name": "x"})):
            assert other.send(f"{item}/{path}", fields, page="/account").status_code == 404
        assert items_of(other) == []
        bearer = {"authorization": f"Bearer {new_key(other)}"}
        assert other.client.get(f"/v1{item}", headers=bearer).status_code == 404
        step = {"state": "lost"}
        assert other.client.post(f"/v1{item}/steps", json=step, headers=bearer).status_code == 404
        csv = f"item_id,name,currency,purchase_price,date\n{item.split('/')[-1]},x,usd,1,2020-01-01\n"
        done = other.client.post("/v1/inventory/sheet", content=csv, headers={**bearer, "content-type": "text/csv"})
        assert done.status_code == 422
        assert "there is no item" in done.text
    assert "chip-in_stock" in owner.page("/inventory")


def test_an_application_reads_no_inventory(owner: Owner, grant: Grant, kith: Shop) -> None:
    for token in (grant.access_token, kith.credentials["scout"]["api_key"], kith.credentials["native"]["api_key"], "x"):
        answer = owner.client.get("/v1/inventory", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.json()["error"]["status"] == 401


def test_what_the_page_can_the_program_can(program: httpx.Client) -> None:
    goods: dict[str, Any] = {"order_id": "7", "name": "Dunk", "size": "9", "purchase_currency": "eur"}
    goods |= {"purchase_price": 10000, "checkout_time": BOUGHT}
    item = succeeded(program.post("/v1/inventory/items", json=goods), 201)
    assert (item["landed_cost"], item["state"], item["profit"], item["client_id"]) == (10000, "in_stock", None, None)
    assert succeeded(program.post("/v1/inventory/items", json=goods), 200)["repeats"] == 1
    corrected = succeeded(program.put(f"/v1/inventory/items/{item['id']}", json={**goods, "tax": 500}), 200)
    assert (corrected["version"], corrected["landed_cost"]) == (2, 10500)
    assert [one["tax"] for one in corrected["versions"]] == [None, 500]
    step = {"state": "sold", "amount": 12000, "time": BOUGHT + 1}
    sold = succeeded(program.post(f"/v1/inventory/items/{item['id']}/steps", json=step), 200)
    assert (sold["state"], sold["profit"], sold["steps"]) == ("sold", 1500, [{**step, "currency": "eur"}])
    report = succeeded(program.get("/v1/inventory/report", params={"by": "size"}), 200)
    assert report["groups"] == [{"name": "9", "currency": "eur", "count": 1, "landed_cost": 10500}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b'{"state":1e999}',
        b'{"state":"sold","amount":-1}',
        b'{"state":"sold","amount":1e30}',
    ],
)
def test_a_program_is_told_what_is_wrong(program: httpx.Client, body: bytes) -> None:
    json = {"content-type": "application/json"}
    item = succeeded(
        program.post(
            "/v1/inventory/items",
            json={"order_id": "1", "name": "x", "size": "OS", "purchase_currency": "usd", "purchase_price": 1}
            | {"checkout_time": BOUGHT},
        ),
        201,
    )
    for method, path in (("POST", "items"), ("PUT", f"items/{item['id']}"), ("POST", f"items/{item['id']}/steps")):
        answer = program.request(method, f"/v1/inventory/{path}", content=body, headers=json)
        assert answer.status_code in (400, 422), answer.text
        assert answer.json()["error"]["message"]
    assert succeeded(program.get("/v1/inventory"), 200)["items"][0]["version"] == 1


def test_an_export_comes_back_unchanged(
    application: Application, owner: Owner, grant: Grant, program: httpx.Client
) -> None:
    application.post(
        grant.post(name='=HYPERLINK("x")', brand="-danger", store='"quoted",\nnew line', tags=["a,b", "c"])
    )
    application.post(grant.post(order_id="@2", checkout_time=BOUGHT * 1000 + 7, color="'+1"))
    (first, _second) = items_of(owner)
    owner.send(f"{first}/state", {"state": "sold", "amount": "20", "date": "2020-07-01"}, page=first)
    before = succeeded(program.get("/v1/inventory"), 200)
    file = program.get("/v1/inventory/sheet").text
    assert "'=HYPERLINK" in file
    assert ",'-danger," in file
    assert not re.search(r"(^|,)\"?[=+@]", file, re.MULTILINE)
    done = program.post("/v1/inventory/sheet", content=file.encode(), headers={"content-type": "text/csv"})
    assert succeeded(done, 200) == {"added": 0, "corrected": 0, "unchanged": 2, "moved": 0}
    assert succeeded(program.get("/v1/inventory"), 200) == before


def test_a_file_is_imported_whole_or_not_at_all(owner: Owner) -> None:
    good = (
        "name,currency,purchase_price,date,state,state_amount,state_date\nDunk,usd,100,2024-01-02,sold,150,2024-02-01\n"
    )
    bad = good + "Shoe,jpy,1,2024-01-02,,,\n,usd,x,never,,,\nSock,usd,1,2024-01-02,sold,,2024-01-02\n"
    token = owner.token("/inventory/import")
    refused = owner.client.post("/inventory/import", data={"token": token}, files={"file": ("a.csv", bad)})
    assert refused.status_code == 422
    for said in (
        "Row 3: currency must be one of",
        "Row 4: name is required",
        "date: write a day",
        "Row 5: a sale needs",
    ):
        assert said in refused.text
    assert items_of(owner) == []
    for told in ("1 added, 0 corrected, 0 unchanged, 1 with", "0 added, 0 corrected, 1 unchanged, 0 with"):
        done = owner.client.post("/inventory/import", data={"token": token}, files={"file": ("a.csv", good)})
        assert done.status_code == 200
        assert told in done.text
    assert "chip-sold" in owner.page("/inventory")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a,b\n1,2\n",
        "name,currency\n",
        "name\n,\n",
        'name\n"open',
        "name,name\nx,y\n",
        "name\n" + "x\n" * 5001,
        "name\n" + "y" * 200_000,
    ],
)
def test_what_is_no_sheet_is_refused(program: httpx.Client, text: str) -> None:
    done = program.post("/v1/inventory/sheet", content=text.encode(), headers={"content-type": "text/csv"})
    assert done.status_code == 422
    assert done.json()["error"]["problems"]


def test_a_row_with_more_cells_than_the_headings_is_refused(program: httpx.Client) -> None:
    sheet = "name,currency,date,purchase_price,tax\nBag,usd,2026-01-01,1,500.00,0\nCup,usd,2026-01-01,2,,,\n"
    answer = program.post("/v1/inventory/sheet", content=sheet.encode(), headers={"content-type": "text/csv"})
    assert answer.status_code == 422, answer.text
    assert "Row 2 has more cells" in answer.text
    assert "Row 3" not in answer.text


@pytest.mark.parametrize("body", [b"\xff", b"name\x00"])
def test_what_is_no_text_is_refused(program: httpx.Client, body: bytes) -> None:
    done = program.post("/v1/inventory/sheet", content=body, headers={"content-type": "text/csv"})
    assert done.status_code == 400


def test_what_is_written_on_an_item_is_never_markup(application: Application, owner: Owner, grant: Grant) -> None:
    evil = "<script>alert(1)</script>\"'&"
    application.post(grant.post(name=evil, brand=evil, color=evil, store=evil, order_id=evil, sku=None, tags=[evil]))
    (item,) = items_of(owner)
    for path in ("/inventory", item, f"{item}/edit", "/inventory/report", "/inventory/report?by=store"):
        page = owner.page(path)
        assert "<script" not in page
        assert "&lt;script&gt;" in page


SHEET = "name{0}sku{0}size{0}currency{0}purchase_price{0}date\nBag{0}a{0}M{0}eur{0}{1}{0}2026-01-31\n"


@pytest.mark.parametrize("before", ["", "sep={0}\n", "SEP={0}\r\n"])
@pytest.mark.parametrize(
    ("separator", "amount"), [(";", "1.500,50"), (";", "1500,50"), ("\t", "1500,50"), (",", "1500.50")]
)
def test_a_sheet_is_read_as_any_spreadsheet_saves_it(
    program: httpx.Client, before: str, separator: str, amount: str
) -> None:
    sheet = (before + SHEET).format(separator, amount)
    answer = program.post("/v1/inventory/sheet", content=sheet.encode(), headers={"content-type": "text/csv"})
    assert answer.status_code == 200, answer.text
    shown = program.get("/v1/inventory/sheet").text
    assert "1500.50" in shown


def test_an_amount_of_two_meanings_in_a_sheet_is_named(program: httpx.Client) -> None:
    for separator, amount in ((";", "1.500"), (",", '"1,500"')):
        sheet = SHEET.format(separator, amount)
        answer = program.post("/v1/inventory/sheet", content=sheet.encode(), headers={"content-type": "text/csv"})
        assert answer.status_code == 422
        assert "Row 2: purchase_price" in answer.text
        assert "can be" in answer.text


def test_rows_are_counted_from_the_line_that_a_spreadsheet_puts_first(program: httpx.Client) -> None:
    sheet = "sep=;\n" + SHEET.format(";", "x")
    answer = program.post("/v1/inventory/sheet", content=sheet.encode(), headers={"content-type": "text/csv"})
    assert "Row 3: purchase_price" in answer.text


@pytest.mark.parametrize("query", ["sise=10", "page=2", "stat=sold"])
def test_a_program_is_told_of_a_parameter_that_nobody_reads(program: httpx.Client, query: str) -> None:
    for path in ("/v1/inventory", "/v1/inventory/report", "/v1/inventory/sheet"):
        refused = program.get(f"{path}?{query}")
        assert refused.status_code == 400
        assert f"there is no parameter {query.partition('=')[0]}" in refused.text


def test_what_is_typed_into_an_address_is_read_as_it_is_meant(
    application: Application, program: httpx.Client, grant: Grant
) -> None:
    application.post(grant.post())
    for query in ({"state": " in_stock "}, {"currency": " Usd "}, {"size": " 10 "}, {"size": ""}):
        found = succeeded(program.get("/v1/inventory", params=query), 200)["items"]
        assert len(found) == 1, query
    assert succeeded(program.get("/v1/inventory/report", params={"by": " brand "}), 200)["by"] == "brand"
    step = program.post(f"/v1/inventory/items/{found[0]['id']}/steps", json={"state": " listed "})
    assert succeeded(step, 200)["state"] == "listed"
