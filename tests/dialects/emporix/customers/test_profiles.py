"""Profiles and addresses: the customer's own, and those that the back office keeps."""

from typing import Any

from tests.shop import PASSWORD, Shop, send, succeeded

HOME = {"contactName": "Ada Byron", "street": "Torstrasse", "zipCode": "10115", "city": "Berlin", "country": "DE"}


def test_a_customer_reads_and_changes_its_own_profile(shop: Shop) -> None:
    customer = shop.customer("Ada@example.com", title="MR", preferredCurrency="EUR", mixins={"club": {"gold": 1.50}})
    me = f"/customer/{shop.name}/me"
    seen = succeeded(customer.get(me), 200)
    assert seen == {
        "title": "MR",
        "firstName": "Ada",
        "lastName": "Byron",
        "preferredCurrency": "EUR",
        "customerNumber": customer.customer_id,
        "id": customer.customer_id,
        "contactEmail": "Ada@example.com",
        "accounts": [{"id": "ada@example.com"}],
        "businessModel": "B2C",
        "mixins": {"club": {"gold": 1.5}},
        "metadata": {"version": 1},
    }
    change: dict[str, Any] = {
        "title": None,
        "company": "Emporium",
        "mixins": {"club": {"since": 1843}},
        "metadata": {"version": 1},
    }
    change |= {"b2b": {"companyRegistrationId": "123"}, "id": "x", "customerNumber": "y", "active": False}
    assert send(customer, "PATCH", me, change).status_code == 200
    assert send(customer, "PUT", me, change).status_code == 409
    seen = succeeded(customer.get(me), 200)
    assert "title" not in seen
    assert (seen["company"], seen["id"], seen["metadata"]) == ("Emporium", customer.customer_id, {"version": 2})
    assert seen["mixins"] == {"club": {"gold": 1.5, "since": 1843}}
    assert seen["b2b"] == {"companyRegistrationId": "123"}
    wrongs: tuple[dict[str, Any], ...] = (
        {"firstName": 1},
        {"contactEmail": "nobody"},
        {"preferredCurrency": "euro"},
        {"mixins": []},
    )
    for wrong in wrongs:
        assert send(customer, "PATCH", me, wrong).status_code == 400, wrong
    assert send(customer, "PATCH", me, {"mixins": {"large": "x" * 300_000}}).status_code == 400
    assert succeeded(customer.get(me), 200) == seen


def test_a_guest_is_nobody_in_particular(shop: Shop) -> None:
    guest = shop.guest()
    me = f"/customer/{shop.name}/me"
    seen = succeeded(guest.get(me), 200)
    assert (seen["id"], seen["customerNumber"], seen["accounts"]) == ("00000000", "00000000", [])
    assert send(guest, "PATCH", me, {"firstName": "Eve"}).status_code == 403
    assert guest.get(me + "/addresses").status_code == 403


def test_addresses_are_added_changed_tagged_and_taken_away(shop: Shop) -> None:
    customer = shop.customer()
    many = f"/customer/{shop.name}/me/addresses"
    first = succeeded(send(customer, "POST", many, HOME | {"tags": ["BILLING"]}), 201)["id"]
    second = succeeded(send(customer, "POST", many, HOME | {"id": "work", "city": "Potsdam"}), 201)["id"]
    assert second == "work"
    assert send(customer, "POST", many, HOME | {"id": "work"}).status_code == 409
    assert [one["isDefault"] for one in customer.get(many).json()] == [True, False]
    assert customer.post(f"{many}/work/tags", params={"tags": "SHIPPING, BILLING,SHIPPING"}).status_code == 204
    assert customer.delete(f"{many}/work/tags", params={"tags": "BILLING"}).status_code == 204
    assert send(customer, "PATCH", f"{many}/work", {"isDefault": True, "street": None}).status_code == 200
    work = succeeded(customer.get(f"{many}/work"), 200)
    kept = {name: value for name, value in HOME.items() if name != "street"}
    assert work == kept | {"id": "work", "city": "Potsdam", "tags": ["SHIPPING"], "isDefault": True}
    me = succeeded(customer.get(f"/customer/{shop.name}/me", params={"expand": "addresses"}), 200)
    assert me["defaultAddress"] == work
    assert [one["id"] for one in me["addresses"]] == [first, "work"]
    assert [one["isDefault"] for one in me["addresses"]] == [False, True]
    for wrong in ({"country": "DEU"}, {"contactName": None}, {"tags": "BILLING"}, {"tags": [""]}, {"isDefault": 1}):
        assert send(customer, "PATCH", f"{many}/work", wrong).status_code == 400, wrong
    assert customer.post(f"{many}/work/tags").status_code == 400
    assert succeeded(customer.get(f"{many}/work"), 200) == work
    assert customer.delete(f"{many}/work").status_code == 204
    for answer in (
        customer.delete(f"{many}/work"),
        customer.get(f"{many}/work"),
        send(customer, "PATCH", f"{many}/work", {}),
        customer.post(f"{many}/work/tags", params={"tags": "A"}),
        customer.delete(f"{many}/work/tags", params={"tags": "A"}),
    ):
        assert answer.status_code == 404
        assert answer.json()["message"] == f"Address work of customer {customer.customer_id} not found."


def test_the_back_office_keeps_customers(shop: Shop) -> None:
    many = f"/customer/{shop.name}/customers"
    new = {"contactEmail": "Bob@example.com", "firstName": "Bob", "password": PASSWORD}
    created = send(shop.service, "POST", many, new)
    number = succeeded(created, 201)["id"]
    assert created.headers["location"] == f"{many}/{number}"
    twice = send(shop.service, "POST", many, new | {"contactEmail": "bob@EXAMPLE.com"})
    assert twice.status_code == 409
    assert twice.json()["message"] == f"Duplicate account 'bob@EXAMPLE.com' for tenant '{shop.name}'."
    login = {"email": "bob@example.com", "password": PASSWORD}
    first = succeeded(send(shop.guest(), "POST", f"/customer/{shop.name}/login", login), 200)
    assert first["initialPassword"] is True
    seen = succeeded(shop.service.get(f"{many}/{number}"), 200)
    assert (seen["active"], seen["onHold"], seen["email"]) == (True, False, "bob@example.com")
    assert "password" not in str(seen).lower()
    assert send(shop.service, "PATCH", f"{many}/{number}", {"active": False}).status_code == 200
    bob = shop.client(first["access_token"])
    assert bob.get(f"/customer/{shop.name}/me").status_code == 401
    assert send(shop.guest(), "POST", f"/customer/{shop.name}/login", login).status_code == 401
    assert send(shop.service, "PATCH", f"{many}/{number}", {"active": "yes"}).status_code == 400
    put = {"contactEmail": "bob@example.com", "lastName": "Builder", "active": True, "metadata": {"version": 2}}
    assert send(shop.service, "PUT", f"{many}/{number}", put).status_code == 204
    assert send(shop.service, "PUT", f"{many}/{number}", put).status_code == 409
    assert "firstName" not in succeeded(shop.service.get(f"{many}/{number}"), 200)
    assert succeeded(send(shop.guest(), "POST", f"/customer/{shop.name}/login", login), 200)
    assert shop.service.delete(f"{many}/{number}").status_code == 202
    gone = shop.service.get(f"{many}/{number}")
    assert gone.status_code == shop.service.delete(f"{many}/{number}").status_code == 404
    assert gone.json()["message"] == "Customer not Found"
    assert gone.json()["details"][0]["message"] == f"Couldn't find a customer with customerNumber '{number}'"


def test_customers_may_come_with_a_number_and_addresses(shop: Shop) -> None:
    many = f"/customer/{shop.name}/customers"
    moved = send(shop.service, "PUT", f"{many}/10000007", {"contactEmail": "moved@example.com"})
    assert succeeded(moved, 201) == {"id": "10000007"}
    assert send(shop.service, "POST", many, {"id": "10000007", "contactEmail": "b@example.com"}).status_code == 409
    assert shop.customer().customer_id == "10000008"
    address = f"{many}/10000007/addresses"
    assert succeeded(send(shop.service, "POST", address, HOME), 201)
    assert send(shop.service, "PUT", f"{address}/a", HOME).status_code == 201
    assert send(shop.service, "PUT", f"{address}/a", HOME | {"city": "Bonn"}).status_code == 204
    assert send(shop.service, "PUT", f"{address}/a", {"city": "Bonn"}).status_code == 400
    assert shop.service.post(f"{address}/a/tags", params={"tags": "SHIPPING"}).status_code == 204
    assert [one["tags"] for one in shop.service.get(address).json()] == [[], ["SHIPPING"]]
    assert shop.service.get(f"{many}/nobody/addresses").status_code == 404
    for id in ("a/b", "x" * 67, "ä", " ", ""):
        assert send(shop.service, "POST", many, {"id": id, "contactEmail": "c@example.com"}).status_code == 400, id
    for body in ({}, {"contactEmail": 1}, {"contactEmail": "c@example.com", "password": 1}, {"contactEmail": "c"}):
        assert send(shop.service, "POST", many, body).status_code == 400, body
    for id in ("%00", "%F0%9F%90%8E", "x" * 5000, "..%2F..", "'"):
        assert shop.service.get(f"{many}/{id}").status_code in (400, 404), id


def test_customers_are_listed_by_page_query_and_order(shop: Shop) -> None:
    many = f"/customer/{shop.name}/customers"
    for name in ("Bob", "Ada", "Cyd"):
        body = {"contactEmail": f"{name}@example.com", "firstName": name}
        succeeded(send(shop.service, "POST", many, body), 201)

    def listed(**params: str) -> list[str]:
        answer = shop.service.get(many, params=params, headers={"X-Total-Count": "true"})
        assert answer.status_code == 200, answer.text
        assert int(answer.headers["x-total-count"]) >= len(answer.json())
        return [one["firstName"] for one in answer.json()]

    assert listed() == ["Bob", "Ada", "Cyd"]
    assert listed(pageSize="2", pageNumber="2") == ["Cyd"]
    assert listed(sort="firstName:desc") == ["Cyd", "Bob", "Ada"]
    assert listed(q="contactEmail:Ada@example.com") == ["Ada"]
    assert listed(q="email:ada@example.com") == ["Ada"]
    assert listed(q="id:10000003 firstName:Cyd") == ["Cyd"]
    assert listed(q="id:10000003 firstName:Bob") == []
    assert listed(q="firstName:~o") == ["Bob"]
    for wrong in ({"q": "firstName"}, {"pageSize": "0"}, {"sort": "?"}):
        assert shop.service.get(many, params=wrong).status_code == 400, wrong
    reader = shop.client(shop.service_token("customer.customer_read"))
    assert reader.get(many).status_code == 200
    assert send(reader, "POST", many, {"contactEmail": "d@example.com"}).status_code == 403
    assert shop.guest().get(many).status_code == shop.customer().get(many).status_code == 403


def test_a_company_decides_about_taxes_and_its_people_see_it(shop: Shop) -> None:
    shop.standard()
    shop.tax("AT", {"STANDARD": 20})
    base = f"/customer-management/{shop.name}"

    def new(kind: str, body: dict[str, Any]) -> str:
        id: str = succeeded(send(shop.service, "POST", f"{base}/{kind}", body), 201)["id"]
        return id

    place = new("locations", {"type": "HEADQUARTER", "contactDetails": {"countryCode": "AT", "tags": ["billing"]}})
    company = new("legal-entities", {"name": "Mills", "type": "COMPANY", "entitiesAddresses": [{"id": place}]})
    other = new("legal-entities", {"name": "Other", "type": "SUBSIDIARY", "parentId": company})
    ada, bob = shop.customer(), shop.customer()
    assignment = {"legalEntity": {"id": company}, "customer": {"id": ada.customer_id}, "type": "BILLING"}
    assigned = new("contact-assignments", assignment)
    assert send(shop.service, "POST", f"{base}/contact-assignments", assignment).status_code == 409
    me = succeeded(ada.get(f"/customer/{shop.name}/me"), 200)
    assert me["businessModel"] == "B2B"
    assert me["b2b"]["legalEntities"] == [{"id": company, "name": "Mills", "contactAssignmentId": assigned}]
    for kind, id in (("legal-entities", company), ("locations", place), ("contact-assignments", assigned)):
        assert [one["id"] for one in ada.get(f"{base}/{kind}").json()] == [id]
        assert succeeded(ada.get(f"{base}/{kind}/{id}"), 200)["id"] == id
        assert bob.get(f"{base}/{kind}").json() == []
        assert bob.get(f"{base}/{kind}/{id}").status_code == 404
        assert shop.guest().get(f"{base}/{kind}").status_code == 403
        assert ada.delete(f"{base}/{kind}/{id}").status_code == 403
    found = shop.service.get(f"{base}/legal-entities", params={"q": "type:SUBSIDIARY"}).json()
    assert [one["id"] for one in found] == [other]
    refresh = f"/customer/{shop.name}/refreshauthtoken"
    query = {"refreshToken": ada.refresh_token, "legalEntityId": other}
    assert shop.guest().get(refresh, params=query).status_code == 403
    token = succeeded(shop.guest().get(refresh, params=query | {"legalEntityId": company}), 200)["access_token"]
    shop.price(shop.product("cup", taxClasses={"DE": "STANDARD", "AT": "STANDARD"}), "11.90")
    cart_id = shop.cart(shop.client(token), ["cup"], legalEntityId=company)
    cart = succeeded(ada.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)
    assert cart["items"][0]["calculatedPrice"]["finalPrice"]["taxRate"] == 20
    stranger = shop.cart(bob, ["cup"])
    cart = succeeded(bob.get(f"/cart/{shop.name}/carts/{stranger}"), 200)
    assert cart["items"][0]["calculatedPrice"]["finalPrice"]["taxRate"] == 19
    assert shop.service.delete(f"/customer/{shop.name}/customers/{ada.customer_id}").status_code == 202
    assert shop.service.get(f"{base}/contact-assignments").json() == []
    for kind, body in (
        ("legal-entities", {"name": ""}),
        ("legal-entities", {"name": "x", "parentId": "nobody", "entitiesAddresses": [{"id": "nowhere"}]}),
        ("locations", {"type": "SHED", "contactDetails": {"countryCode": "AUT"}}),
        ("contact-assignments", {"legalEntity": {"id": "nobody"}, "customer": {"id": "nobody"}}),
    ):
        assert send(shop.service, "POST", f"{base}/{kind}", body).status_code == 400, body


def test_a_customers_address_is_the_last_resort_of_the_tax_country_before_the_sites(shop: Shop) -> None:
    shop.standard()
    shop.tax("AT", {"STANDARD": 20})
    shop.price(shop.product("cup", taxClasses={"DE": "STANDARD", "AT": "STANDARD"}), "11.90")
    customer = shop.customer()
    cart_id = shop.cart(customer, ["cup"])

    def rate() -> Any:
        cart = succeeded(customer.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)
        return cart["items"][0]["calculatedPrice"]["finalPrice"]["taxRate"]

    assert rate() == 19
    many = f"/customer/{shop.name}/me/addresses"
    succeeded(send(customer, "POST", many, HOME | {"country": "at"}), 201)
    assert rate() == 20
    place = {"countryCode": "DE", "zipCode": "10115"}
    assert send(customer, "PUT", f"/cart/{shop.name}/carts/{cart_id}", place).status_code == 204
    assert rate() == 19


def test_no_company_is_above_itself(shop: Shop) -> None:
    path = f"/customer-management/{shop.name}/legal-entities"
    for id, parent in (("x", None), ("y", "x"), ("z", "y")):
        body = {"id": id, "name": id, "type": "SUBSIDIARY"} | ({} if parent is None else {"parentId": parent})
        succeeded(shop.service.post(path, json=body), 201)
    for id, parent in (("x", "x"), ("x", "y"), ("x", "z"), ("y", "z")):
        patched = shop.service.patch(f"{path}/{id}", json={"parentId": parent})
        put = shop.service.put(f"{path}/{id}", json={"name": id, "type": "SUBSIDIARY", "parentId": parent})
        assert (patched.status_code, put.status_code) == (400, 400), (id, parent)
    assert shop.service.patch(f"{path}/z", json={"parentId": "x"}).status_code == 204
