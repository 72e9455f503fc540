"""People sign in with a real provider in a real browser: nothing before, their name after, and out again."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Server
from tests.oidc_provider import Provider
from tests.served import run_cli

pytestmark = pytest.mark.browser
ACCOUNTS = {
    "ana": {"email": "Ana@example.com", "email_verified": True},
    "vera": {"email": "vera@example.com", "email_verified": True},
    "nora": {"email": "nora@elsewhere.org", "email_verified": True},
    "ulla": {"email": "ana@example.com", "email_verified": False},
}
SECRET_NAME = "nobody-may-see"


@dataclass
class Guarded:
    server: Server
    provider: Provider
    job_id: str


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    home = tmp_path_factory.mktemp("signed")
    products = home / f"{SECRET_NAME}.json"
    products.write_text(json.dumps(["leche entera", "pan de molde", "jabón"]))
    with Provider(ACCOUNTS) as provider:
        made = run_cli(home, "classify", str(products), "--engine", "local", "-o", str(home / "result.json"))
        assert made.returncode == 0, made.stderr
        assert run_cli(home, "people", "grant", "ana@example.com", "analyst").returncode == 0
        assert run_cli(home, "people", "grant", "@example.com", "viewer").returncode == 0
        job_id = json.loads(run_cli(home, "jobs", "--json").stdout)[0]["job_id"]
        server = Server(home, **ANAQUEL)
        server._environment |= provider.environment(server.url)
        server.start()
        yield Guarded(server, provider, str(job_id))
        server.stop()


ANAQUEL = {"ANAQUEL_SIGN_IN": "1"}


@pytest.fixture
def page(browser: Browser, guarded: Guarded) -> Iterator[Page]:
    context = browser.new_context(base_url=guarded.server.url, viewport={"width": 1440, "height": 1000})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    context.close()


def sign_in(page: Page, who: str) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=who, exact=True).click()


def cookies(page: Page) -> dict[str, str]:
    return {c["name"]: c["value"] for c in page.context.cookies()}


def acts(guarded: Guarded) -> list[tuple[str, str]]:
    record = sqlite3.connect(guarded.server.home / "anaquel.db")
    found = record.execute("SELECT actor, action FROM activity ORDER BY id").fetchall()
    record.close()
    return found


def test_a_cold_deep_link_shows_the_sign_in_and_no_data(guarded: Guarded, page: Page) -> None:
    page.goto(f"/accuracy?job={guarded.job_id}")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    text = page.locator("body").inner_text()
    assert SECRET_NAME not in text
    assert guarded.job_id not in text
    assert not page.locator("[data-testid=stSidebarNav]").count()


def test_plain_requests_without_a_sign_in_get_nothing(guarded: Guarded) -> None:
    for path, status in ((f"/export/{guarded.job_id}.json", 401), ("/jobs", 401), ("/metrics", 401),
                         (f"/classify/result/{guarded.job_id}", 401), ("/healthz", 200)):  # fmt: skip
        answer = requests.get(guarded.server.url + path, timeout=30)
        assert (path, answer.status_code) == (path, status)


def test_an_analyst_signs_in_works_under_their_name_and_signs_out(guarded: Guarded, page: Page) -> None:
    page.goto("/")
    sign_in(page, "ana")
    expect(page.get_by_text(re.compile("ana@.?example.com · analyst"))).to_be_visible()  # no link is made of it
    page.get_by_role("button", name="Try the sample").click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="Progress")).to_be_visible()
    assert ("ana@example.com", "created") in acts(guarded)
    export = f"{guarded.server.url}/export/{guarded.job_id}.json"
    kept = cookies(page)
    assert requests.get(export, cookies=kept, timeout=30).status_code == 200
    assert acts(guarded)[-1] == ("ana@example.com", "exported")
    with page.expect_response(lambda answer: "/oauth2callback" in answer.url):  # by way of the provider's own sign-out
        page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert "_streamlit_user" not in cookies(page)
    assert requests.get(export, cookies=cookies(page), timeout=30).status_code == 401
    assert guarded.provider.ended  # the provider's session ended too


def test_a_viewer_reads_and_is_told_why_there_is_no_button(guarded: Guarded, page: Page) -> None:
    page.goto("/")
    sign_in(page, "vera")
    expect(page.get_by_text("Starting jobs needs the role analyst or admin.")).to_be_visible()
    page.goto(f"/overview?job={guarded.job_id}")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.goto("/settings")
    expect(page.get_by_text("This needs the role admin.").first).to_be_visible()
    expect(page.get_by_role("button", name="Give the role")).to_have_count(0)


@pytest.mark.parametrize(("who", "sentence"), [
    ("nora", "You have no role here yet"), ("ulla", "does not say that it verified your"),
])  # fmt: skip
def test_who_has_no_role_or_no_verified_address_sees_nothing_else(
    guarded: Guarded, page: Page, who: str, sentence: str
) -> None:
    page.goto("/")
    sign_in(page, who)
    expect(page.get_by_text(re.compile(sentence)).first).to_be_visible()
    page.goto(f"/overview?job={guarded.job_id}")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert SECRET_NAME not in page.locator("body").inner_text()
    answer = requests.get(f"{guarded.server.url}/export/{guarded.job_id}.json", cookies=cookies(page), timeout=30)
    assert answer.status_code == 403


@pytest.mark.parametrize("how", ["refuse", "wrong state"])
def test_a_sign_in_that_was_refused_or_forged_is_none(guarded: Guarded, page: Page, how: str) -> None:
    page.goto("/")
    sign_in(page, how)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert "_streamlit_user" not in cookies(page)


def test_no_secret_of_the_sign_in_is_logged_or_kept(guarded: Guarded) -> None:
    log = guarded.server.log.read_text()
    kept = b"".join(path.read_bytes() for path in Path(guarded.server.home).rglob("*") if path.is_file())
    for secret in ("c" * 40, "a secret of the test"):
        assert secret not in log
        assert secret.encode() not in kept
