"""The port to a practice's record system, and an adapter for each system there is."""
