"""How soon each page of a job shows its first figures in headless Chromium: 1,000,000 stored results beside 1,000.

    uv run python benchmarks/pages_at_scale.py --repeat 0     # once: fills the folder with both jobs
    uv run python benchmarks/first_paint.py [--folder /tmp/anaquel_scale] [--repeat 5] [--pages overview,errors]
    uv run python benchmarks/first_paint.py --database postgresql+psycopg://user@localhost/scale ...

Each visit is a new tab of one browser, as an analyst opens a link. Columns, each for both jobs, medians in ms:
paint: first contentful paint, as the browser times it; figures: the first figure, table or chart stands on the page;
rest: the script has run to its end and nothing is drawn any more. sent: MB over the page's websocket. rows, points: the
most rows of one table and points of one trace of a chart that reached the browser, counted in its messages.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from playwright.sync_api import BrowserContext, WebSocket, sync_playwright
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.pages_at_scale import JOBS
from tests.journeys.conftest import CHROMIUM, Server

PAGES = ("overview", "progress", "accuracy", "errors", "review", "fix", "costs", "export-result", "all-jobs")
LIMIT_MS = 2_000
FIGURES = "[data-testid=stMetricValue], [data-testid=stDataFrame], [data-testid=stPlotlyChart], [data-testid=stSlider]"
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
STEADY = "document.querySelectorAll('[data-testid=stSkeleton], [data-stale=true]').length === 0"


@dataclass(frozen=True)
class Visit:
    """What one visit took, in ms from the start of the navigation, and what came."""

    paint_ms: float
    figures_ms: float
    rest_ms: float
    n_bytes: int
    n_rows: int
    n_points: int


@dataclass
class Received:
    """What came over a page's websocket: all bytes, and the most rows and points that one table or trace had."""

    n_bytes: int = 0
    n_rows: int = 0
    n_points: int = 0
    _open: list[bytes] = field(default_factory=list)

    def listen(self, socket: WebSocket) -> None:
        """Have every frame of a socket counted."""
        socket.on("framereceived", self._take)

    def _take(self, frame: str | bytes) -> None:
        self.n_bytes += len(frame)
        if isinstance(frame, bytes):
            self._open.append(frame)

    def count(self) -> None:
        """Read the frames that came; not while they come, which would slow the browser down."""
        for frame in self._open:
            element = ForwardMsg.FromString(frame).delta.new_element
            self.n_rows = max(self.n_rows, rows_of(element))
            self.n_points = max(self.n_points, points_of(element))
        self._open.clear()


def rows_of(element: Element) -> int:
    """Return how many rows a message brings for a table, 0 if it is about something else."""
    kind = element.WhichOneof("type")
    if kind not in ("dataframe", "table"):
        return 0
    lazy = kind == "dataframe" and element.dataframe.HasField("lazy_data")
    table = element.dataframe.lazy_data.initial_chunk if lazy else getattr(element, kind).arrow_data
    return pa.ipc.open_stream(io.BytesIO(table.data)).read_all().num_rows if table.data else 0


def points_of(element: Element) -> int:
    """Return how many points the longest trace of a chart has, 0 if a message is about something else."""
    if element.WhichOneof("type") != "plotly_chart":
        return 0
    traces = json.loads(element.plotly_chart.spec)["data"]
    return max((len(trace[name]) for trace in traces for name in ("x", "y", "values") if name in trace), default=0)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--folder", type=Path, default=Path("/tmp/anaquel_scale"))
    asked.add_argument("--database", help="address of a filled PostgreSQL database instead of the folder's file")
    asked.add_argument("--repeat", type=int, default=5)
    asked.add_argument("--pages", default=",".join(PAGES))
    told = asked.parse_args()
    with served(told.database or found_in(told.folder)) as server, browser(server) as tabs:
        for job_id in JOBS.values():  # the server's caches of files and code, not of figures
            visit(tabs, "progress", job_id)
        print(f"{'':14}" + "".join(f"{name:>16}" for name in ("paint", "figures", "rest", "MB sent", "rows", "points")))
        for page in told.pages.split(","):
            print(line(page, *([visit(tabs, page, job_id) for _ in range(told.repeat)] for job_id in JOBS.values())))


def line(page: str, small: list[Visit], large: list[Visit]) -> str:
    """Give medians of both jobs side by side."""
    cells = []
    for name in ("paint_ms", "figures_ms", "rest_ms", "n_bytes", "n_rows", "n_points"):
        a, b = (statistics.median(getattr(v, name) for v in visits) for visits in (small, large))
        told = f"{a / 1e6:.2f} {b / 1e6:.2f}" if name == "n_bytes" else f"{a:,.0f} {b:,.0f}"
        cells.append(f"{told:>16}")
    slow = statistics.median(v.figures_ms for v in large)
    return f"{page:14}" + "".join(cells) + (f"  <-- figures over {LIMIT_MS} ms" if slow > LIMIT_MS else "")


def visit(tabs: BrowserContext, page: str, job_id: str) -> Visit:
    """Open a page in a new tab and wait until it is at rest."""
    tab, received = tabs.new_page(), Received()
    tab.on("websocket", received.listen)
    began_s = time.monotonic()
    tab.goto(f"/{page}?job={job_id}", wait_until="commit")
    tab.wait_for_selector(FIGURES, state="visible", timeout=60_000)
    figures_ms = (time.monotonic() - began_s) * 1_000
    tab.wait_for_selector(AT_REST, state="attached", timeout=60_000)
    tab.wait_for_function(STEADY, timeout=60_000)
    rest_ms = (time.monotonic() - began_s) * 1_000
    paint_ms = float(tab.evaluate(PAINTED))
    tab.close()
    received.count()
    return Visit(paint_ms, figures_ms, rest_ms, received.n_bytes, received.n_rows, received.n_points)


def found_in(folder: Path) -> str:
    """Give the address of a folder's filled database."""
    database = folder / "scale.db"
    if not database.exists():
        sys.exit(f"{database} is not there: run benchmarks/pages_at_scale.py first")
    return f"sqlite:///{database}"


@contextmanager
def served(database_url: str) -> Iterator[Server]:
    """Serve the filled database from a home of its own."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home) / "home", DATABASE_URL=database_url).start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def browser(server: Server) -> Iterator[BrowserContext]:
    """Open one browser whose cache has the program's files."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield opened.new_context(base_url=server.url, viewport={"width": 1440, "height": 900}, locale="en-GB")
        opened.close()


if __name__ == "__main__":
    main()
