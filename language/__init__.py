"""What can be said: terms, types, notations, claims, and how they are printed and stored.

Only the standard library is needed, except for :mod:`language.bridge`, whose functions load SymPy.
"""
