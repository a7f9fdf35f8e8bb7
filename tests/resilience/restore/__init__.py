"""Proves that a database which is restored from a dump texts and books nobody again, and finds what was lost."""
