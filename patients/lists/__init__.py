"""A patient list from the upload to its last verdict, and what pages ask of it."""
