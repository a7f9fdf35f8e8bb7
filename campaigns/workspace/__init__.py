"""Staff's pages about batches, and what they show."""
