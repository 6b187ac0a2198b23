"""Derivations: the named rules, and the topics and sheets that apply them."""
