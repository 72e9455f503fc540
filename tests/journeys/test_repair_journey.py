"""From "hygiene fails" to its proof in a real browser, and the patch that the taxonomy's owner gets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from rdflib import Graph

from classifier.editions import apply_changes
from classifier.editions.skos import read_patch
from classifier.taxonomy_import import read_taxonomy
from classifier.taxonomy_import.check_report import Findings
from classifier.taxonomy_import.rdf_syntax import graph_of, syntax_of
from tests.broken_taxonomy import without_hygiene_alt_labels
from tests.journeys.conftest import ROOT, NewPage
from tests.journeys.test_journey import completed, drop, follow, start

pytestmark = pytest.mark.browser
SAMPLE = ROOT / "data" / "samples" / "hygiene.json"


def press(page: Page, label: str | re.Pattern[str]) -> None:
    button = page.get_by_role("button", name=label)
    expect(button).to_be_enabled()
    button.click()


def choose(page: Page, key: str, text: str) -> None:
    """Choose the option of a select box that holds a text."""
    box = page.locator(f"[class*=st-key-{key}] input")
    box.click()
    box.fill(text)
    expect(page.get_by_role("option").filter(has_text=text).first).to_be_visible()
    box.press("Enter")


def import_file(page: Page, name: str, content: bytes) -> None:
    page.goto("/taxonomy")
    page.get_by_text("Import a taxonomy", exact=True).click()
    chooser = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    chooser.set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    page.get_by_role("button", name="Import", exact=True).click()


def save(page: Page, format_name: str, folder: Path) -> bytes:
    with page.expect_download() as download:
        press(page, f"SKOS patch ({format_name})")
    download.value.save_as(folder / "patch")
    return (folder / "patch").read_bytes()


def test_from_hygiene_fails_to_the_proof_and_the_patch_that_imports_again(new_page: NewPage, tmp_path: Path) -> None:
    page = new_page()
    broken = without_hygiene_alt_labels()
    base, _ = read_taxonomy(broken, "retail.jsonld")
    import_file(page, "broken.jsonld", broken)
    expect(page.get_by_text("The taxonomy was imported.")).to_be_visible()

    drop(page, "hygiene.json", SAMPLE.read_bytes())
    expect(page.get_by_text("All 541 expected categories are in this taxonomy.")).to_be_visible()
    choose(page, "job_taxonomy", base.fingerprint[:6])
    job_id = start(page)
    completed(page)
    follow(page, "Errors", "Errors")
    concentrated(page)

    follow(page, "Fix", "Fix")
    expect(page.get_by_text(re.compile("products are to be fixed"))).to_be_visible()
    press(page, re.compile("See why"))
    expect(page.get_by_text(re.compile("no label of the category has the word"))).to_be_visible()
    press(page, re.compile("See the remedies"))
    press(page, re.compile(r"Add \d+ remedies to the draft"))
    expect(page.get_by_text(re.compile(r"\d+ changes"))).to_be_visible()
    page.get_by_role("textbox", name="Why (a note").fill("hygiene has no other names")
    press(page, re.compile("Publish$"))
    expect(page.get_by_text("Published. New jobs begin with it")).to_be_visible()
    patches = {"ttl": save(page, "Turtle", tmp_path), "jsonld": save(page, "JSON-LD", tmp_path)}

    press(page, re.compile("Run the chosen products again"))
    expect(page.get_by_text(re.compile("drawn at random from 4[0-9]{2} right products"))).to_be_visible()
    press(page, re.compile(r"Start: \d+ products"))
    press(page, re.compile("See the proof"))
    headline = page.get_by_role("heading", name=re.compile(r"\d{2,3} products fixed, [0-3] broken \(p < 0.001\)"))
    expect(headline).to_be_visible()

    results = [apply_changes(base, read_patch(_graph(told), base)).fingerprint for told in patches.values()]
    assert results[0] == results[1] != base.fingerprint
    for suffix, told in patches.items():
        go_back_to_the_imported_one(page, job_id)
        import_file(page, f"patch.{suffix}", told)
        expect(page.get_by_text("The taxonomy was imported.")).to_be_visible()
        expect(page.get_by_role("combobox", name="Version")).to_have_value(re.compile(results[0][:6]))


def concentrated(page: Page) -> None:
    """Wait for the survey of the groups, which is made in the background, and for what it says of hygiene."""
    told = page.get_by_text(re.compile("products in Hygiene and beauty were answered wrongly"))
    for _ in range(20):
        try:
            expect(told).to_be_visible(timeout=4_000)
        except AssertionError:
            page.reload()
        else:
            return
    expect(told).to_be_visible()


def go_back_to_the_imported_one(page: Page, job_id: str) -> None:
    page.goto(f"/fix?job={job_id}")
    page.get_by_role("radio", name=re.compile("Publish")).click()
    choose(page, "fix_newer", "the taxonomy as imported")
    press(page, re.compile("Go back to this edition"))
    expect(page.get_by_text("It is in use again, as the newest edition.")).to_be_visible()


def _graph(told: bytes) -> Graph:
    text = told.decode()
    syntax = syntax_of(text)
    assert syntax is not None
    return graph_of(text, syntax, Findings())
