"""What can be told to the analyst in one sentence when the work cannot be done."""

from __future__ import annotations


class ClassifierError(Exception):
    """The base of every error whose message is meant for the analyst."""


class UnreadableFile(ClassifierError):
    """A file cannot be read as what it should hold; the message is one sentence that says why."""


class BrokenSyntax(UnreadableFile):
    """A file breaks the rules of its format; the message gives line and column."""


class CutShort(BrokenSyntax):
    """A file ends in the middle; is_inside tells whether a value was begun and not ended."""

    def __init__(self, sentence: str, *, is_inside: bool) -> None:
        super().__init__(sentence)
        self.is_inside = is_inside


class NoProducts(UnreadableFile):
    """A file is sound but gives no product that can be classified."""
