"""What the room adds to a batch's page: arrivals, slots left, every patient, files."""
