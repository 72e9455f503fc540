"""One change that an analyst accepted: what it does, to which concept. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

MAX_TEXT_CHARS = 200
MAX_NOTATION_CHARS = 200


class ChangeKind(StrEnum):
    """What a change does; the first three change the taxonomy, the others what engines are told beside it."""

    ALT_LABEL = "add_alt_label"
    HIDDEN_LABEL = "add_hidden_label"
    CONCEPT = "add_concept"
    GUIDANCE = "guidance_note"
    FEW_SHOT = "few_shot_example"
    NOT_A_PRODUCT = "not_a_product_rule"


LABELS = frozenset((ChangeKind.ALT_LABEL, ChangeKind.HIDDEN_LABEL))
OF_TAXONOMY = LABELS | {ChangeKind.CONCEPT}


@dataclass(frozen=True, slots=True)
class Change:
    """notation: the concept it is about (of add_concept: the new one's; "" for a rule, or a note on all concepts).

    text: the label, the new concept's prefLabel, the note, the example's text or the word. broader: of add_concept, the
    notation of the concept above, "" for the top. uri: of add_concept. language: of a label, a tag or "".
    """

    kind: ChangeKind
    notation: str
    text: str
    language: str = ""
    broader: str = ""
    uri: str = ""

    def __post_init__(self) -> None:
        longest = 500 if self.kind is ChangeKind.GUIDANCE else MAX_TEXT_CHARS
        if not self.text.strip():
            raise ValueError("A change needs a text.")
        if len(self.text) > longest:
            raise ValueError(f"The text of a change has at most {longest} characters.")
        if len(self.notation) > MAX_NOTATION_CHARS:
            raise ValueError(f"A notation has at most {MAX_NOTATION_CHARS} characters.")
        if self.kind in OF_TAXONOMY | {ChangeKind.FEW_SHOT} and not self.notation.strip():
            raise ValueError("The change needs a category.")

    def to_record(self) -> dict[str, Any]:
        """Give plain JSON values without what is empty; `from_record` turns them back."""
        return {name: value for name, value in asdict(self).items() if value != ""}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Change:
        """Rebuild from `to_record`; raises ValueError, KeyError or TypeError when it is none."""
        known = {name: str(value) for name, value in record.items() if name in cls.__dataclass_fields__}
        return cls(ChangeKind(known.pop("kind")), known.pop("notation", ""), known.pop("text"), **known)
