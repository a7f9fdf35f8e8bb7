"""How the whole service stands, for administrators: what waits, what stands still, who works."""
