"""Topics: one module each, whose functions derive the answers of one question."""
