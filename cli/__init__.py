"""The command line: a thin face over classifier.jobs."""
