"""The second step of logins: what lets in, what does not, and who can end it."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pyotp
import pytest
from playwright.sync_api import expect

from tests.browser import NewPage
from tests.clients.npm import node_modules
from tests.dashboard.test_dashboard import violations
from tests.harness import Server, new_shop, run_cli
from tests.owner import PASSWORD, Owner, codes_of
from tests.staff import let_in

__all__ = ["node_modules"]

STEP = "/account/second-step"


class Device:
    """What makes codes: each call a code that was not told before, of now or half a minute to either side."""

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret)
        self._told = 0

    def code(self) -> str:
        """The next code; it waits where three were told within a minute."""
        now = int(time.time()) // 30
        place = max(self._told + 1, now - 1)
        while place > int(time.time()) // 30 + 1:
            time.sleep(0.5)
        self._told = place
        return self._totp.generate_otp(place)


class Stepped:
    """A user with a second step, logged in."""

    def __init__(self, url: str) -> None:
        self.person = Owner(url).sign_up(f"user-{token_hex(6)}")
        assert self.person.send(STEP, page="/account").headers["location"] == STEP
        (letters,) = re.findall(r'id="secret">([A-Z2-7 ]+)<', self.person.page(STEP))
        self.device = Device(letters.replace(" ", ""))
        shown = self.person.send(f"{STEP}/confirm", {"code": self.device.code()}, page=STEP)
        assert shown.status_code == 200, shown.text
        self.codes = codes_of(shown.text)

    def asked(self) -> tuple[str, str]:
        """Log in anew with the password alone; the token and the step of the page that asks for a code."""
        self.person.client.cookies.clear()
        page = self.person.log_in(self.person.name)
        assert (page.status_code, "One more step" in page.text) == (200, True), page.text
        (step,) = re.findall(r'name="step" value="([\w-]{43})"', page.text)
        (token,) = re.findall(r'name="token" value="(\w+)"', page.text)[:1]
        assert self.person.client.get("/account").status_code == 303
        return token, step

    def tell(self, asked: tuple[str, str], code: str) -> int:
        """The status that a code gets."""
        token, step = asked
        fields = {"token": token, "step": step, "code": code, "next": "/account"}
        return self.person.client.post("/login/code", data=fields).status_code


@pytest.fixture
def stepped(shared_server: Server) -> Iterator[Stepped]:
    """Somebody with a second step."""
    found = Stepped(shared_server.url)
    yield found
    found.person.client.close()


def test_a_password_alone_opens_nothing_and_a_code_is_good_once(stepped: Stepped) -> None:
    asked, code = stepped.asked(), stepped.device.code()
    assert stepped.tell(asked, "000000") == 403
    assert stepped.tell(asked, f" {code[:3]} {code[3:]}") == 303
    assert "recovery codes are left" in stepped.person.page("/account")
    # Whoever has seen the code can do nothing with it, nor with the page that it was told on.
    assert stepped.tell(asked, code) == 403
    again = stepped.asked()
    assert stepped.tell(again, code) == 403
    assert stepped.tell((again[0], "x" * 43), stepped.device.code()) == 403


def test_each_recovery_code_lets_in_once(stepped: Stepped) -> None:
    assert len(set(stepped.codes)) == 10
    asked = stepped.asked()
    assert stepped.tell(asked, stepped.codes[0].upper()) == 303
    assert "9 recovery codes are left" in stepped.person.page("/account")
    asked = stepped.asked()
    assert stepped.tell(asked, stepped.codes[0]) == 403
    assert stepped.tell(asked, stepped.codes[1].replace("-", "")) == 303
    others = codes_of(stepped.person.send(f"{STEP}/codes", {"code": stepped.codes[2]}, page="/account").text)
    assert not {*others} & {*stepped.codes}
    asked = stepped.asked()
    assert stepped.tell(asked, stepped.codes[3]) == 403
    assert stepped.tell(asked, others[0]) == 303


def test_who_guesses_has_to_wait_whatever_the_code_is(stepped: Stepped) -> None:
    asked = stepped.asked()
    assert [stepped.tell(asked, f"{number:06}") for number in range(10)] == [403] * 10
    assert stepped.tell(asked, stepped.codes[0]) == 429
    assert stepped.tell(stepped.asked(), stepped.codes[0]) == 429


def test_it_is_ended_with_a_code_and_not_without(stepped: Stepped) -> None:
    wrong = stepped.person.send(f"{STEP}/end", {"code": "123456"}, page="/account")
    assert (wrong.status_code, "The second step is as it was" in wrong.text) == (422, True)
    assert stepped.person.send(STEP, page="/account").headers["location"] == "/account"
    assert stepped.person.send(f"{STEP}/end", {"code": stepped.device.code()}, page="/account").status_code == 303
    stepped.person.client.cookies.clear()
    assert stepped.person.log_in(stepped.person.name).status_code == 303


def test_until_a_first_code_was_right_nothing_is_asked_for(shared_server: Server) -> None:
    with Owner(shared_server.url).sign_up(f"user-{token_hex(6)}") as person:
        assert person.client.get(STEP).headers["location"] == "/account"
        person.send(STEP, page="/account")
        wrong = person.send(f"{STEP}/confirm", {"code": "123456"}, page=STEP)
        assert (wrong.status_code, "That is no code" in wrong.text) == (422, True)
        person.client.cookies.clear()
        assert person.log_in(person.name).status_code == 303


def test_a_new_password_ends_a_login_that_waits_for_its_code(stepped: Stepped, shared_server: Server) -> None:
    asked = stepped.asked()
    database = shared_server.database_url
    assert run_cli("user", "password", stepped.person.name, "--generate", database_url=database).returncode == 0
    assert stepped.tell(asked, stepped.codes[0]) == 403


def test_an_operator_ends_it(stepped: Stepped, shared_server: Server) -> None:
    for said in ("logs in with the password alone", "had no second step"):
        done = run_cli("user", "reset-totp", stepped.person.name, database_url=shared_server.database_url)
        assert (done.returncode, said in done.stdout) == (0, True), done.stderr
    stepped.person.client.cookies.clear()
    assert stepped.person.log_in(stepped.person.name).status_code == 303
    assert run_cli("user", "reset-totp", "nobody-of-this-name", database_url=shared_server.database_url).returncode == 1


def test_an_admin_ends_it_for_people_of_no_other_shop(stepped: Stepped, shared_server: Server) -> None:
    with (
        new_shop(shared_server) as shop,
        new_shop(shared_server) as other,
        Owner(shared_server.url).sign_up(f"user-{token_hex(6)}") as admin,
    ):
        let_in(shared_server, shop.name, admin.name, "admin")
        people, form = f"/dashboard/{shop.name}/people", {"name": stepped.person.name}
        assert admin.send(f"{people}/reset-totp", form, page=people).status_code == 422
        let_in(shared_server, shop.name, stepped.person.name, "viewer")
        let_in(shared_server, other.name, stepped.person.name, "viewer")
        refused = admin.send(f"{people}/reset-totp", form, page=people)
        assert (refused.status_code, "belongs to a shop that is not yours" in refused.text) == (422, True)
        stepped.asked()
        let_in(shared_server, other.name, admin.name, "admin")
        assert admin.send(f"{people}/reset-totp", form, page=people).status_code == 303
        assert f"The second step of {stepped.person.name} was ended." in admin.page(f"/dashboard/{shop.name}/settings")
        stepped.person.client.cookies.clear()
        assert stepped.person.log_in(stepped.person.name).status_code == 303


def test_in_a_browser_the_picture_is_there_and_nobody_is_kept_out(
    shared_server: Server, new_page: NewPage, node_modules: Path
) -> None:
    axe = (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")
    with Owner(shared_server.url).sign_up(f"user-{token_hex(6)}") as person:
        page = new_page(viewport={"width": 360, "height": 740}, color_scheme="dark")
        page.goto(f"{shared_server.url}/login")
        page.get_by_label("User name").fill(person.name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.goto(f"{shared_server.url}/account")
        page.get_by_role("button", name="Set it up").click()
        expect(page.locator(".picture svg")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page, axe) == {}
        device = Device(page.locator("#secret").inner_text().replace(" ", ""))
        page.get_by_role("textbox", name="Code").fill(device.code())
        page.get_by_role("button", name="Ask for codes from now on").click()
        expect(page.locator("#recovery li")).to_have_count(10)
        assert violations(page, axe) == {}
        page.get_by_role("link", name="I have noted them down").click()
        expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()
