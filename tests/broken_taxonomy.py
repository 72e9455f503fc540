"""The project's taxonomy with a fault: no concept of hygiene has another name than its preferred one."""

from __future__ import annotations

import json

from classifier.taxonomies import BUILT_IN

HYGIENE = "03"


def without_hygiene_alt_labels() -> bytes:
    """Give the taxonomy's JSON-LD without the altLabels of branch 03."""
    document = json.loads(BUILT_IN.read_bytes())
    for node in document["@graph"]:
        if str(node.get("notation", "")).startswith(HYGIENE):
            node.pop("altLabel", None)
    return json.dumps(document, ensure_ascii=False).encode()
