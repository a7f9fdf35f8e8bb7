"""Plans of invitations that are ready to use, worded by us, each with its rule and that rule's public source."""
