"""From a row as written to its verdict."""
