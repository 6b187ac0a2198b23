"""Telling people: documents, figures and the command line. Imports every room below it."""
