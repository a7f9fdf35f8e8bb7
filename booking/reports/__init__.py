"""Reports of the whole appointment book: reading them, and reminding the patients in them."""
