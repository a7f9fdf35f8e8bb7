"""Messages on their way to patients, from the claim to the delivery receipt."""
