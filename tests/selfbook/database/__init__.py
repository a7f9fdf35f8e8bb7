"""What the database's server must give, looked at on the real one, and through PgBouncer."""
