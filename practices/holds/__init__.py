"""Holding everything that leaves, of a practice or of all, and knowing a database that was restored."""
