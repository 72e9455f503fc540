"""The report to hand in: self-contained, escaped, complete, in Spanish and English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from job_maker import finish, finished_job, new_services, products

from classifier import jobs
from classifier.bootstrap import Services
from classifier.exports.wording import _spanish
from classifier.products import Product
from classifier.report_document import write_report
from storage import Job

HOSTILE = "<script>alert(1)</script><img src=https://evil.example/x>[a](https://evil.example)"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = new_services(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def job(services: Services) -> Job:
    rows = [Product(0, HOSTILE, "007", "0102"), Product(1, "leche", None, "0101"), Product(2, f"fails {HOSTILE}"),
            Product(3, "nothing")]  # fmt: skip
    return finished_job(services, rows, name=HOSTILE)


class Outside(HTMLParser):
    """Collects the tags and everything that a browser would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.suspects: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        fetching = ("src", "href", "xlink:href", "data", "action")
        self.suspects += [f"{name}={value}" for name, value in attrs if name in fetching or name.startswith("on")]


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_html_refers_to_nothing_outside_and_runs_nothing(services: Services, job: Job, language: str) -> None:
    told = write_report(services, job, language)
    seen = Outside()
    seen.feed(told)
    assert seen.suspects == []
    assert not seen.tags & {"script", "img", "link", "iframe", "a", "object"}
    assert "url(" not in told
    assert "default-src 'none'" in told
    assert "@media print" in told


def test_the_report_tells_accuracy_with_its_interval_and_what_failed(services: Services, job: Job) -> None:
    told = write_report(services, job, "en")
    assert "50.0\u00a0% (1 of 2; 95 %: 9.5\u00a0% to 90.5\u00a0%)" in told
    assert "The answer is not in the list." in told
    assert "0.010 USD" in told
    assert "<svg" in told


def test_the_report_is_spanish_when_asked(services: Services, job: Job) -> None:
    told = write_report(services, job, "es")
    assert '<html lang="es">' in told
    assert "50,0\u00a0% (1 de 2; 95 %: de 9,5\u00a0% a 90,5\u00a0%)" in told
    assert "Ajustes y versiones" in told


def test_every_text_of_reports_and_files_has_its_spanish() -> None:
    root = Path(__file__).resolve().parents[2] / "classifier"
    sources = [path.read_text() for folder in ("report_document", "exports") for path in (root / folder).glob("*.py")]
    asked = {text for source in sources for text in re.findall(r'\bt\(\s*"([^"]+)"', source)}
    asked |= {text for source in sources for text in re.findall(r'word\("([^"]+)"', source)}
    assert len(asked) > 40
    assert asked - set(_spanish()) == set()


def test_markdown_makes_no_link_image_or_html_of_a_product(services: Services, job: Job) -> None:
    told = write_report(services, job, "en", "md")
    assert not re.search(r"(?<!\\)<|(?<!\\)\]\(|https?:", told)
    assert told.startswith("# ")
    assert "|---|" in told


def test_a_retry_tells_what_changed_since_its_parent(services: Services, job: Job) -> None:
    child = finish(services, jobs.retry_failed(services, job.id, "ana"), lambda item: {})
    told = write_report(services, child, "en", "md")
    assert "What changed since the job before" in told
    assert "1 products were asked again" in told


def test_an_unknown_price_is_never_zero(services: Services) -> None:
    job = finished_job(services, products("leche"), cost_usd=None)
    told = write_report(services, job, "en", "md")
    assert "price unknown" in told
