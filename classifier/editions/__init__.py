"""Editions: accepted remedies and an edited prompt on top of an imported taxonomy, which itself is never changed."""

from classifier.editions.applying import CannotApply, apply_changes
from classifier.editions.change import Change, ChangeKind
from classifier.editions.differences import Difference, differences
from classifier.editions.overlay import Overlay

__all__ = ["CannotApply", "Change", "ChangeKind", "Difference", "Overlay", "apply_changes", "differences"]
