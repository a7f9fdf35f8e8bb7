"""What breaks around booking, and what patients see of it: one test for each case of the fault list that is about that.

Cases that other folders prove: F3, F13, F15, F23 and F41 in `tests/aborts`; F4, F8 and F9 for what is sent in
`tests/crash`; F11 in `tests/aborts/test_redelivery.py`; F18 in `tests/races`; F30 and F31 in `tests/clock`.
"""
