"""What the patient does: link, date of birth, slot, confirm, decline."""
