"""A patient's answer and what becomes of it: book, move, cancel, decline, and every text about it."""
