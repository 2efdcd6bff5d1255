"""The adapter: its kind, its layers and its room."""

from __future__ import annotations

from engine.training.settings.continuation import ContinuationSettings
from engine.training.settings.layers import LayerSettings
from engine.training.settings.room import RoomSettings
from engine.training.settings.steadiness import SteadinessSettings


class NetworkSettings(SteadinessSettings, ContinuationSettings, LayerSettings, RoomSettings):
    """Kind and rank, layers and blocks, what it starts from, and what keeps it steady: pydantic
    reads bases from their end.
    """
