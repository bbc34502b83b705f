"""Small windows that ask one question."""
