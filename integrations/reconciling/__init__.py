"""Finding out, after the database was restored, which texts and codes had gone, and who had texted STOP."""
