"""REST: a thin face over classifier.jobs."""
