"""Taxonomies as people have them, read into one: SKOS in every RDF syntax and the flat formats."""

from classifier.errors import UnreadableFile
from classifier.taxonomy_import.check_report import CheckReport
from classifier.taxonomy_import.reading import read_taxonomy

__all__ = ["CheckReport", "UnreadableFile", "read_taxonomy"]
