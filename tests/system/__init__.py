"""The whole product, as people use it: a real browser, real workers, and stand-ins for what is outside.

Each test reads as a story. `given_`, `when_` and `then_` methods belong to who does or sees a thing: the receptionist
(staff.py), the patient (patients.py) or the outside world's books (sandbox.py). Every page that a story passes is
looked over once (inspection.py).
"""
