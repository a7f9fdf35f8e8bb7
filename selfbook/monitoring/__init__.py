"""Who looks after the service is told: health, metrics, the log of requests, traces (docs/monitoring.md)."""
