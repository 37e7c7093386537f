"""What can be set, and the clock by which the shop lives."""

from adapters.settings.environment import (
    MOST_WORKING_HOURS,
    BadSetting,
    Settings,
    WorkingHours,
    settings,
)

__all__ = ["MOST_WORKING_HOURS", "BadSetting", "Settings", "WorkingHours", "settings"]
