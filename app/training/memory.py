"""How much memory training takes here: of the graphics card where there is one."""

from __future__ import annotations

import sys

from engine.runtime.device import memory_in_use


def used() -> int:
    """Bytes in use: of the graphics card, or of this process."""
    return memory_in_use()[0]


def on_card() -> bool:
    """Whether that is memory of a graphics card. Loads nothing to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and hasattr(torch, "cuda") and bool(torch.cuda.is_available())
