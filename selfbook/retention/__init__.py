"""Erasing personal data when its time is over, or a patient asks; and a copy of what there is about a patient."""
