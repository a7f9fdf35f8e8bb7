"""Who wants no texts."""
