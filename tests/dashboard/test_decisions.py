"""What was decided about a sale by hand stands on its page, with who decided it, also once it was undone."""

import re

from tests.dashboard.test_figures import Stage
from tests.harness import Server, new_shop
from tests.shop import succeeded
from tests.staff import Told, order, staff


def decided(stage: Stage, sale: str) -> list[tuple[str, str]]:
    """Who decided what, in order."""
    page = stage.person.page(f"{stage.base}/sales/{sale}")
    (shown,) = re.findall(r'<ol class="story" id="decided">(.*?)</ol>', page, flags=re.DOTALL)
    return re.findall(r"<li><bdi>(.*?)</bdi> (.*?)<small>", shown)


def test_who_made_sales_one_and_who_undid_it_is_said(shared_server: Server) -> None:
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "analyst") as person:
        stage = Stage(shop, person, Told(shop))
        stage.api.tell(order("1", ("mug", "9.00"), visitor="a"), order("2", ("mug", "9.00"), visitor="b"))
        second, first = (one["id"] for one in stage.api.get("/v1/sales")["items"])
        page = f"{stage.base}/sales/{first}"
        assert "What was decided by hand" not in person.page(page)
        assert person.send(f"{page}/merge", {"sales": second}, page=page).status_code == 303
        stage.api.settle()
        assert decided(stage, first) == [(person.name, "made sales one")]
        (decision,) = stage.api.get(f"/v1/sales/{first}")["decisions"]
        with staff(shared_server, shop.name, "viewer") as viewer:
            assert 'name="decision"' not in viewer.page(page)
            assert f"<bdi>{person.name}</bdi> made sales one" in viewer.page(page)
        succeeded(stage.api.client.post(f"/v1/sales/{first}/undo", json={"decision": decision}), 201)
        stage.api.settle()
        assert decided(stage, first) == [(person.name, "made sales one"), ("A program", "undid it")]
        assert 'name="decision"' not in person.page(page)
