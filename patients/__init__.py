"""Who we write to: the uploaded list, its rows, identity and contact rules."""
