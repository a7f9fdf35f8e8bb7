"""Everything that can happen to a batch's bookings, in any order that Hypothesis thinks of."""
