"""What staff read of a text that did not go, where it is the same with every provider. Others stand by their codes."""

ACCOUNT_WRONG = (
    "Text messaging is not set up correctly for this practice. Ask your administrator to check the connection."
)
LOG_IN_REFUSED = (
    "The text message service did not accept the practice's account details. Ask your administrator to check them."
)
BUSY = "The text message service is busy. Selfbook will try again."
NOT_REACHED = "The text message service could not be reached. Selfbook will try again."
NO_ANSWER = "The text message service did not confirm this text. Selfbook is checking whether it went."
STOPPED = "The patient replied STOP, so the practice can no longer text this number."

INSIDE = (
    "The address leads to a machine inside this network, so nothing was called. Check the address. If it is meant, "
    "have whoever runs this service name its network in ALLOWED_INSIDE."
)
"""For administrators, who have entered the address."""
