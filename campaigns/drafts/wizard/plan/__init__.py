"""The pages on which staff plan a batch's further invitations."""
