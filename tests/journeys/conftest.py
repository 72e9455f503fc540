"""A real server in a process of its own and a real browser in front of it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
START_S = 60
HERE = ("http://127.0.0.1:", "data:", "blob:")
NewPage = Callable[..., Page]
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`streamlit run app.py` with a home of its own."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home, self.port = home, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {**os.environ, "ANAQUEL_HOME": str(home), **environment}
        self.log = home.parent / f"{home.name}.log"

    def start(self) -> Server:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={self.port}"]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=out, stderr=out)
        for _ in range(START_S * 5):
            assert self.process.poll() is None, self.log.read_text()
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1)
            except OSError:
                time.sleep(0.2)
            else:
                return self
        raise AssertionError("the server did not start\n" + self.log.read_text())

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "DATABASE_URL"):
        os.environ.pop(name, None)
    running = Server(tmp_path_factory.mktemp("journey")).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")  # while Playwright is open, no test on this thread can run a loop of its own
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail("no Chromium on this machine: install one or set CHROMIUM_PATH")
        pytest.skip("no Chromium on this machine: install one or set CHROMIUM_PATH")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture
def new_page(browser: Browser, server: Server) -> Iterator[NewPage]:
    """Open a browser of its own (another analyst); whatever a page asks of other machines is an error."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on("request", lambda r: None if r.url.startswith(HERE) else faults.append(r.url))

    def open_it(locale: str = "en-GB") -> Page:
        context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 1000}, locale=locale)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        watch(page)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not faults
