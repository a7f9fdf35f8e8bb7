"""A row beside the patient's record in the clinical system."""
