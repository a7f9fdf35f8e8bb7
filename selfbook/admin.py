"""The admin's pages of the project itself."""

from selfbook.reconciling.admin import HoldAdmin

__all__ = ["HoldAdmin"]
