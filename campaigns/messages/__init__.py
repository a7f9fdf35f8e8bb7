"""What a batch says: its texts and their cost, templates, and the questions about them."""
