"""What workers do: book, cancel and remind, each by claim, call and settle."""
