"""From Send to the last invitation: the schedule, approval, screening, issuing, pause and cancel."""
