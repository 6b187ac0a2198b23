"""Experiments: one module each, whose ``run(seed)`` measures what was derived."""
