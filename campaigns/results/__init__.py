"""What became of a batch's invitations, in numbers."""
