"""Grading: a student's answer read, judged, and its mistake named."""
