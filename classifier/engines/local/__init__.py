"""The embedded engine: right without a key, on any taxonomy, in Spanish and English."""

from classifier.engines.local.engine import LocalEngine

__all__ = ["LocalEngine"]
