"""The service over HTTP, for a browser."""

from tests.pages.conftest import served

__all__ = ["served"]
