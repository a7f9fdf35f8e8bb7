"""Who works in a practice: joining, accounts, second persons, switching between practices."""
