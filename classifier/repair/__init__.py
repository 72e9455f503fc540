"""From a cluster of errors to a new edition and a slice run again."""
