"""The commands about how long data is kept."""
