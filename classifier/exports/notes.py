"""What a person should know who opens an exported file, as sentences."""

from __future__ import annotations

from classifier.exports.wording import word

CORRECT = (
    "To correct a category, write the right one in “reviewed” (code, name or path; not_a_product if it is none) and "
    "import the file as corrections. Keep the column anaquel_key as it is."
)
FORMULAS = (
    "Texts that a spreadsheet would run as a formula (they start with = + - @, a tab or a line break) have an "
    "apostrophe in front; importing the file here takes it away again."
)
NOTES: dict[str, tuple[str, ...]] = {
    "csv": (FORMULAS, "Excel drops zeros in front when it opens a CSV by double click: use the Excel file, or "
            "Data > From Text/CSV.", CORRECT, "Times are UTC."),
    "xlsx": ("Texts that look like formulas stay texts, links are not made, control characters were removed.",
             "Ids and codes are text: zeros in front stay.", CORRECT, "Times are UTC."),
    "parquet": ("Ids and codes are text: zeros in front stay.", CORRECT, "Times are UTC."),
    "jsonl": (CORRECT,),
}  # fmt: skip


def notes(form: str, language: str = "en") -> list[str]:
    """Return the sentences for a format ("csv", "xlsx" ...) in Spanish or English; none for most."""
    return [word(note, language) for note in NOTES.get(form, ())]
