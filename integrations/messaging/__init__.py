"""The patient's phone: the port to it, the adapters behind the port, and the rules for numbers and texts."""
