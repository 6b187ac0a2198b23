"""Named rules: each takes a term and produces the next one of a chain."""
