"""The process that surveys a large job: python -m classifier.analysis.surveying, told on standard input what to do."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from classifier.analysis.surveyor import survey_job
from classifier.build import ContextBuilder
from classifier.settings import Settings
from storage import Store


def main() -> None:
    """Read {"database_url", "home", "job_id", "limit"} and survey that job, with less priority than the pages."""
    os.nice(10)
    told = json.load(sys.stdin)
    settings = Settings(Path(told["home"]), told["database_url"])
    store = Store(settings.database_url)
    try:
        survey_job(store, ContextBuilder(settings, store), store.job(told["job_id"]), told["limit"])
    finally:
        store.close()


if __name__ == "__main__":
    main()
