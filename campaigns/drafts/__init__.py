"""A batch before it is sent."""
