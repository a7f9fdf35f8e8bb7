"""What we send: the batch, its wizard, templates, codes, invitations, sending, results."""
