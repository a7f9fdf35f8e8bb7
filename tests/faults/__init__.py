"""What breaks around booking, and what patients see of it: one test for each such case of docs/reference/faults.md.

Other folders prove the rest: kills at every step and redelivery in `tests/aborts`; dead processes and engines while
texts go in `tests/crash`; patients at once in `tests/races` (faults#patients-at-once); the clocks' changes in
`tests/clock` (faults#clock-changes).
"""
