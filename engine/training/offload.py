"""Parts of a model that rest leave the graphics card, and come back when they are called.

A picture asked for in between, or a sample of the run, finds them as if they had never left.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from accelerate import cpu_offload_with_hook

from engine.models.loading import LoadedModel
from engine.runtime.device import free_memory


class Parking:
    """The parts of one model that rest. Without ``enabled``, and on the CPU, nothing moves."""

    def __init__(self, model: LoadedModel, *, enabled: bool) -> None:
        self._device = model.device
        self._enabled = enabled and model.device.type != "cpu"
        self._parked: dict[int, Any] = {}

    def park(self, *parts: Any) -> None:
        """Let ``parts`` rest from now on; a call brings one back, :meth:`settle` sends it away."""
        for part in parts if self._enabled else ():
            if id(part) not in self._parked:
                # Which moves it to the CPU, and to the device at a forward, encode or decode.
                _, self._parked[id(part)] = cpu_offload_with_hook(part, self._device)
                free_memory()

    def settle(self) -> None:
        """Send away again what was called back since."""
        for hook in self._parked.values():
            hook.offload()
        if self._parked:
            free_memory()

    @contextmanager
    def without(self, part: Any) -> Iterator[None]:
        """``part`` rests inside the block only."""
        self.park(part)
        try:
            yield
        finally:
            self._bring(id(part))

    def close(self) -> None:
        """Bring everything back and let it stay."""
        for key in list(self._parked):
            self._bring(key)

    def _bring(self, key: int) -> None:
        hook = self._parked.pop(key, None)
        if hook is not None:
            hook.remove()
            hook.model.to(self._device)


@contextmanager
def parking(model: LoadedModel, *, enabled: bool) -> Iterator[Parking]:
    """A parking for ``model``; at the end of the block everything is back in its place."""
    place = Parking(model, enabled=enabled)
    try:
        yield place
    finally:
        place.close()
