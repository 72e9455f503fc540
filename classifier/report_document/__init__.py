"""A job's report to hand in: one self-contained HTML file, or Markdown, in Spanish or English."""

from __future__ import annotations

from typing import Literal

from classifier.bootstrap import Services
from classifier.report_document.content import content
from classifier.report_document.html import to_html
from classifier.report_document.markdown import to_markdown
from storage import Job

ReportForm = Literal["html", "md"]


def write_report(services: Services, job: Job, language: str = "es", form: ReportForm = "html") -> str:
    """Return the whole report of a job as it stands now; language: "es", else English."""
    told = content(services, job, "es" if language == "es" else "en")
    return to_html(told) if form == "html" else to_markdown(told)
