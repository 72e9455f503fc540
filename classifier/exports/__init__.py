"""Files that go out: one table of results, written as CSV, Excel, Parquet or into the analyst's own file."""
