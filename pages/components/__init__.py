"""Charts, tables, pickers and texts that the pages share."""
