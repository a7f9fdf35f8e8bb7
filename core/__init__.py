"""What belongs to no room: dates in words, working days, the database's helpers, hints, sociable hours."""
