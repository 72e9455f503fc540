"""The command line: the same jobs as the dashboard and REST, without a browser."""
