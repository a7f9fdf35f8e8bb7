"""Looking a batch's patients up again just before their texts, and whom the practice has booked meanwhile.

Some time may pass between a list's check and its texts: a batch waits for its day, or goes out over several. So each
patient's record, and what they have in the appointment book, are read before their invitation is made (`clearance` says
for whom that is still to be done, `working` does it, `settling` writes down what came of it). Invitations are made of
those who are clear, chunk by chunk as they are. While the clinical system does not answer, nobody is guessed about.
"""
