"""From what a student typed to terms: tokens, syntax, meaning by the notation, readings."""
