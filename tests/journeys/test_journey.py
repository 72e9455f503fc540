"""What an analyst does, from the file to the result, on the real stack."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import ROOT, NewPage, Server

pytestmark = pytest.mark.browser
SAMPLE = ROOT / "data" / "samples" / "supermarket_200.json"
HEADLINE = 4  # the first figures of the accuracy page; those of the survey join them when it is ready
CLASSIFICATION = {"search_text", "concept_uri", "prefLabel", "notation", "level", "confidence"}


def drop(page: Page, name: str, content: bytes) -> None:
    page.goto("/")
    chooser = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    chooser.set_input_files({"name": name, "mimeType": "application/json", "buffer": content})


def start(page: Page) -> str:
    page.locator(".st-key-start button").click()
    page.wait_for_url("**/progress?job=*")
    found = re.search(r"job=([a-z2-7]{26})", page.evaluate("location.href"))
    assert found
    return found[1]


def completed(page: Page) -> None:
    expect(page.get_by_text(re.compile(r"^Completed: "))).to_be_visible(timeout=60_000)


def follow(page: Page, link: str, title: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_text(link, exact=True).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()


def test_from_a_file_to_its_result(new_page: NewPage, tmp_path: Path) -> None:
    page = new_page()
    drop(page, "supermarket_200.json", SAMPLE.read_bytes())
    expect(page.get_by_text("All 200 expected categories are in this taxonomy.")).to_be_visible()
    job_id = start(page)
    completed(page)
    follow(page, "Accuracy", "Accuracy")
    expect(page.get_by_text("95% interval").first).to_be_visible()
    expect(page.locator(".js-plotly-plot .xtick").first).to_be_visible()
    assert job_id in page.evaluate("location.href")
    follow(page, "Errors", "Errors")
    expect(page.get_by_text("Wrong answers").first).to_be_visible()
    follow(page, "Costs", "Costs")
    expect(page.get_by_text("nothing was sent anywhere, nothing was paid")).to_be_visible()
    follow(page, "Export", "Export")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the result (JSON)").click()
    download.value.save_as(tmp_path / "result.json")
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    check_contract(result, job_id)
    streamed = page.request.get(f"/export/{job_id}.json")
    assert streamed.headers["content-disposition"] == f'attachment; filename="anaquel-{job_id}.json"'
    assert streamed.json() == result


def check_contract(result: dict[str, Any], job_id: str) -> None:
    """The shape of GET /classify/result."""
    assert (result["job_id"], result["status"], result["total"]) == (job_id, "completed", 200)
    assert result["successful"] + result["failed"] == 200 == len(result["results"])
    assert {"processing_time_seconds", "created_at", "started_at", "completed_at"} <= set(result)
    assert result["openai_cost_info"] is None
    for index, entry in enumerate(result["results"]):
        assert entry["index"] == index
        assert isinstance(entry["search_text"], str)
        if entry["status"] == "success":
            assert set(entry["classification"]) >= CLASSIFICATION
            assert isinstance(entry["classification"]["prefLabel"], str)
            assert 0 <= entry["classification"]["confidence"] <= 1
        else:
            assert entry["status"] == "failed"
            assert entry["error"]


def test_from_the_sample_to_where_answers_are_wrong(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/")
    page.get_by_role("button", name="Try the sample").click()
    start(page)
    completed(page)
    follow(page, "Overview", "Overview")
    expect(page.get_by_text(re.compile("What stands out|Nothing stands out"))).to_be_visible()
    expect(page.get_by_text("95% interval").first).to_be_visible()
    follow(page, "Errors", "Errors")
    expect(page.get_by_role("heading", name="Where are wrong answers?")).to_be_visible()
    shown = page.get_by_text(re.compile(r"^\d+–\d+ of \d+ products\."))
    before = shown.inner_text()
    table = page.locator("[class*=st-key-group_table]")
    table.scroll_into_view_if_needed()
    table.locator(".dvn-scroller").click(position={"x": 18, "y": 157})  # the fourth row's box
    expect(page.get_by_text(re.compile("^Only products "))).to_be_visible()
    expect(shown).not_to_have_text(before)
    page.get_by_role("button", name="Show all groups").click()
    expect(shown).to_have_text(before)


def test_closing_the_browser_does_not_stop_a_job_and_two_browsers_see_the_same(new_page: NewPage) -> None:
    first = new_page()
    products = [{"text": f"leche entera {i} L", "expected": "not_a_product"} for i in range(3000)]
    drop(first, "many.json", json.dumps(products).encode())
    job_id = start(first)
    address = first.evaluate("location.pathname + location.search")
    first.context.close()
    second, third = new_page(), new_page("es-MX")
    second.goto(address)
    third.goto(address)
    completed(second)
    expect(third.get_by_text(re.compile(r"^Completado: 3"))).to_be_visible(timeout=60_000)
    for page in (second, third):
        page.goto(f"/accuracy?job={job_id}")
        expect(page.get_by_test_id("stMetricValue").nth(HEADLINE - 1)).to_be_visible()
    shown = [
        [
            value.replace(",", ".").replace("\u00a0", "").strip()
            for value in page.get_by_test_id("stMetricValue").all_inner_texts()[:HEADLINE]
        ]
        for page in (second, third)
    ]
    assert shown[0] == shown[1]


def test_a_cold_deep_link_runs_the_frame_too(new_page: NewPage, tmp_path: Path) -> None:
    cold = Server(tmp_path / "cold").start()
    try:
        page = new_page()
        page.goto(f"{cold.url}/accuracy")
        expect(page.get_by_test_id("stSidebarNav").get_by_text("New job", exact=True)).to_be_visible()
        expect(page.get_by_role("heading", name="Accuracy", exact=True)).to_be_visible()
    finally:
        cold.stop()


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """A server that notes whatever is fetched from it."""
    fetched: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fetched.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}", fetched
    listening.shutdown()
    listening.server_close()


def test_hostile_texts_are_shown_as_text_and_fetch_nothing(new_page: NewPage, canary: tuple[str, list[str]]) -> None:
    url, fetched = canary
    hostile = [
        f"![x]({url}/image)",
        f"<b>fat</b><img src='{url}/img'>",
        "$x^2$",
        f"[a]({url}/link) :red[x]",
        f"{url}/auto",
        "=1+1",
        "\u202eabc مرحبا",
        "🍎👨‍👩‍👧",
        "first\nsecond",
        "a" * 400,
    ]
    rows = [{"product_id": text[:200], "text": f"{text} leche", "expected": text} for text in hostile]
    page = new_page()
    drop(page, f"![n]({url}/name) <b>$x$.json".replace("/", "_"), json.dumps(rows).encode())
    expect(page.get_by_text("Only 0 of 10 expected categories")).to_be_visible()
    job_id = start(page)
    completed(page)
    for name in ("overview", "accuracy", "errors", "review", "fix", "prompt", "compare", "costs", "export-result",
                 "all-jobs", "settings", "progress"):  # fmt: skip
        page.goto(f"/{name}?job={job_id}")
        expect(page.get_by_test_id("stHeading").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.get_by_test_id("stException").count() == 0
        assert page.locator("main b, main .katex, .js-plotly-plot a").count() == 0, name
        assert page.get_by_test_id("stMain").evaluate("box => box.scrollWidth <= box.clientWidth"), name
    assert not fetched


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hello, this is no list", "holds no|cannot|neither|no "),
        (b"[]", "its list is empty"),
        (b'[{"text": ""}]', "row"),
    ],
)
def test_an_unusable_file_gives_a_sentence_and_no_traceback(new_page: NewPage, content: bytes, sentence: str) -> None:
    page = new_page()
    drop(page, "x.json", content)
    alert = page.get_by_test_id("stAlert")
    expect(alert.first).to_be_visible()
    assert re.search(sentence, alert.first.inner_text())
    assert page.get_by_test_id("stException").count() == 0
    assert "Traceback" not in page.inner_text("body")


def test_the_export_route_tells_why_it_has_nothing(new_page: NewPage) -> None:
    page = new_page()
    unknown = page.request.get(f"/export/{'a' * 26}.json")
    assert (unknown.status, "detail" in unknown.json()) == (404, True)
    assert page.request.get("/export/UPPER.json").status == 404
