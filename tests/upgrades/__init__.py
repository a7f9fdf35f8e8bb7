"""One release beside the next: what migrations may do, and what the former release's statements still must."""
