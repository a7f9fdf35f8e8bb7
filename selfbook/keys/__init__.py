"""Keys in use: secrets that no key opens, links whose key is missing, and moving secrets to the newest key."""
