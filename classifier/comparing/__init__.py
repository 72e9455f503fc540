"""Two jobs over the same products: what was fixed, what was broken, and whether the difference is real."""
