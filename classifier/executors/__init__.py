"""Executors decide when and where chunks run; the truth stays in the database."""
