"""What the model is asked to predict, and what an error costs."""

from __future__ import annotations

from engine.training.settings.losses import LossSettings
from engine.training.settings.noise import NoiseSettings
from engine.training.settings.style import StyleSettings


class ObjectiveSettings(StyleSettings, LossSettings, NoiseSettings):
    """Noise, loss and style terms, shown in this order: pydantic reads bases from their end."""
