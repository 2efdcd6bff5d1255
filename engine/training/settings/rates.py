"""Optimizer, learning rates and how they move over the run."""

from __future__ import annotations

from engine.training.settings.optimizer import OptimizerSettings
from engine.training.settings.schedule import ScheduleSettings


class RateSettings(ScheduleSettings, OptimizerSettings):
    """Optimizer and rates, then the schedule: pydantic reads bases from their end."""
