"""How many are invited now: the pure function."""
