"""A stand-in record gateway."""
