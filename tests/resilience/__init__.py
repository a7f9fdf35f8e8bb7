"""What may break while it runs: kills, dead engines, faults, patients at once, clock changes, chance."""
