"""A paced batch on its page: its picture, its decisions in words, and what staff may do about it."""
