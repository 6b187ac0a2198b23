"""Answers as students write them, each with a verdict and what it means: see meanings.py."""
