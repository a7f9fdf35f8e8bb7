"""How many patients to invite now, so that those who come find a time: decided from plain values, with no database."""
