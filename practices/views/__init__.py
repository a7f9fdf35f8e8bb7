"""The pages about a practice itself."""
