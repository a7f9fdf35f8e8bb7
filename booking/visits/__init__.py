"""A patient's visit: the link, the date of birth, and what a browser keeps of it."""
