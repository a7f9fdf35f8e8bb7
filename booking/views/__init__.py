"""The pages of the patient's way, in the order in which they come."""
