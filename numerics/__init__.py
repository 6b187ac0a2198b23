"""How we know: exact valuations, balls, provers, statistics and experiments."""
