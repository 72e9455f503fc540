"""A reviewer in a browser: choose rows, type a category, and see the accuracy and the comparison follow."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.test_journey import completed, follow, start

pytestmark = pytest.mark.browser


def sample_job(page: Page) -> str:
    page.goto("/")
    page.get_by_role("button", name="Try the sample").click()
    job_id = start(page)
    completed(page)
    return job_id


def test_a_review_by_keyboard_changes_what_two_jobs_come_to(new_page: NewPage) -> None:
    page = new_page()
    first, second = sample_job(page), sample_job(page)
    follow(page, "Errors", "Errors")
    table = page.locator(".st-key-error_items")
    table.scroll_into_view_if_needed()
    table.locator(".dvn-scroller").click(position={"x": 18, "y": 53})  # the first row's box
    page.locator(".st-key-category_error_items input").click()
    page.keyboard.type("Not a product")
    expect(page.get_by_role("option", name="Not a product")).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Set the category").click()
    expect(page.get_by_text(re.compile("1 text labelled"))).to_be_visible()
    page.goto(f"/compare?a={first}&b={second}")
    expect(page.get_by_text("Nothing changed")).to_be_visible()
    expect(page.get_by_text(re.compile("labelled in both")).first).to_be_visible()
