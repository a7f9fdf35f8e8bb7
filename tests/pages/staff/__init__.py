"""Staff's pages in a real browser."""
