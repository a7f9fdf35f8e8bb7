"""The shared cache and the limits on guessing: where their values lie, and how they are read."""
