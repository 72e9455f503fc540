"""Take the pictures of the pages: `uv run python docs/screenshots.py [folder]`.

Without a folder, the few small ones of the README are written to docs/images. With one, every page is taken at 1440 and
800 px, light and dark, in English and Spanish, to be looked at. A server of its own is started with the sample's jobs:
one by the embedded engine and one by the OpenAI engine, which here asks the tests' stand-in service. Needs Chromium.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zlib
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.journeys.conftest import CHROMIUM, Server  # noqa: E402
from tests.llm_server import Asked, LLMServer, by_rate, shelf  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SAMPLE = json.loads((ROOT / "data" / "samples" / "supermarket_200.json").read_text(encoding="utf-8"))
RIGHT = {row["text"]: row["expected"] for row in SAMPLE}
PAGES = ("", "all-jobs", "overview", "progress", "accuracy", "errors", "review", "fix", "prompt", "compare", "costs",
         "export-result", "taxonomy", "settings")  # fmt: skip
SMALL_FAULTS = {"nojson": 0.2, "429": 0.05, "missing": 0.1}


def chance(text: str) -> float:
    """A number in 0..1 that is always the same for a text."""
    return zlib.crc32(text.encode()) % 1000 / 1000


def answers(asked: Asked) -> list[dict[str, object]]:
    """Mostly right, so that the pictures look like a real day."""
    rows: list[dict[str, object]] = []
    for row in asked.products:
        text, right = row["text"], RIGHT.get(row["text"])
        notation = (
            right
            if right in (*asked.notations, "not_a_product") and chance(text) > 0.06
            else shelf(text, asked.notations)
        )
        confidence = round(0.55 + 0.44 * chance(text[::-1]), 2)
        rows.append({"product_id": row["product_id"], "notation": notation, "confidence": confidence})
    return rows


def faults(asked: Asked) -> str | None:
    """Some requests fail at first, a few products always."""
    if len(asked.products) == 1 and chance(asked.products[0]["text"]) > 0.98:
        return "nojson"
    if chance(asked.products[-1]["text"]) > 0.98:
        return "missing"
    return by_rate(SMALL_FAULTS)(asked)


def open_page(
    browser: Browser, server: Server, *, width: int = 1440, dark: bool = False, locale: str = "en-GB"
) -> Page:
    """Open a browser window of its own."""
    context = browser.new_context(
        base_url=server.url, viewport={"width": width, "height": 900}, locale=locale, timezone_id="Europe/Madrid",
        color_scheme="dark" if dark else "light",
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


def settled(page: Page) -> None:
    """Wait until a page has drawn itself."""
    expect(page.get_by_test_id("stHeading").first).to_be_visible(timeout=60_000)
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-testid=stSkeleton]:visible")).to_have_count(0, timeout=60_000)
    page.wait_for_timeout(2_500)  # charts and tables draw themselves after the last byte


def run_sample(page: Page, engine: str, picture: Path | None = None, running: Path | None = None) -> str:
    """Start the sample as an analyst does and return the job's id."""
    page.goto("/")
    page.get_by_role("button", name="Try the sample").click()
    page.get_by_text(engine).click()
    page.locator(".st-key-start").wait_for()
    settled(page)
    if picture:
        page.screenshot(path=picture)
    page.locator(".st-key-start button").click()
    page.wait_for_url("**/progress?job=*")
    if running:
        expect(page.get_by_text("products a second")).to_be_visible()
        page.wait_for_timeout(300)
        page.screenshot(path=running)
    expect(page.get_by_text("Completed: 200")).to_be_visible(timeout=120_000)
    return str(page.evaluate("new URLSearchParams(location.search).get('job')"))


def readme(browser: Browser, server: Server) -> None:
    """Take the small pictures of the README."""
    page = open_page(browser, server)
    run_sample(page, "Embedded")
    paid = run_sample(page, "OpenAI", IMAGES / "new-job.png", IMAGES / "progress.png")
    for name in ("overview", "accuracy", "errors", "costs"):
        page.goto(f"/{name}?job={paid}")
        settled(page)
        page.screenshot(path=IMAGES / f"{name}.png")
    dark = open_page(browser, server, dark=True, locale="es-ES")
    dark.goto(f"/accuracy?job={paid}")
    settled(dark)
    dark.screenshot(path=IMAGES / "accuracy-dark.png")


def everything(browser: Browser, server: Server, folder: Path) -> None:
    """Take every page in every look."""
    page = open_page(browser, server)
    free, paid = run_sample(page, "Embedded"), run_sample(page, "OpenAI")
    for width, dark, locale in product((1440, 800), (False, True), ("en-GB", "es-ES")):
        shown = open_page(browser, server, width=width, dark=dark, locale=locale)
        shown.set_viewport_size({"width": width, "height": 1700})
        for name in PAGES:
            shown.goto(f"/{name}?job={free if dark else paid}")
            settled(shown)
            shown.screenshot(
                path=folder / f"{name or 'new-job'}-{width}-{'dark' if dark else 'light'}-{locale[:2]}.png"
            )
        shown.context.close()


def main() -> None:
    """Start the servers, take the pictures, stop the servers."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    (folder or IMAGES).mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        LLMServer(respond=answers, faults=faults, latency_s=3.0) as service,
        sync_playwright() as playwright,
    ):
        server = Server(Path(home) / "home", OPENAI_API_KEY="sk-for-pictures", OPENAI_BASE_URL=service.base_url).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            everything(browser, server, folder) if folder else readme(browser, server)
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main()
