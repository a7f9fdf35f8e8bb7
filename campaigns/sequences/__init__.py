"""A batch's plan: further invitations to patients who have not answered, each some days after the one before."""
