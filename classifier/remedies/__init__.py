"""Causes of an error cluster and remedies for them, from the job's own products: proposals, never changes. Pure."""

from classifier.remedies.corpus import Corpus, Seen
from classifier.remedies.proposing import Question, propose
from classifier.remedies.remedy import Cause, Evidence, Remedy

__all__ = ["Cause", "Corpus", "Evidence", "Question", "Remedy", "Seen", "propose"]
