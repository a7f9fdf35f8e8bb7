"""What breaks around booking, and what patients see of it: one test for each such case of docs/reference/faults.md.

The folders beside it prove the rest: kills at every step and redelivery in `aborts`; dead processes and engines while
texts go in `crash`; patients at once in `races` (faults#patients-at-once); the clocks' changes in `clock`
(faults#clock-changes).
"""
