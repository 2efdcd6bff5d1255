"""Holding the model to what it drew before, wherever the trigger word does not ask for the style.

For every picture of a batch the adapter's answer to the caption with a plain word in place of the
trigger word is compared with the answer of the base model. It needs no regularization pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.training.config import TrainRequest


@dataclass(frozen=True)
class Preservation:
    """``word`` takes the place of ``trigger`` in what is held, with ``weight`` in the loss."""

    weight: float
    trigger: str
    word: str

    @classmethod
    def of(cls, request: TrainRequest) -> Preservation | None:
        """What ``request`` asks for, if it does."""
        if not request.preservation_weight:
            return None
        return cls(request.preservation_weight, request.trigger_word, request.preservation_class)

    def plain(self, captions: Sequence[str]) -> dict[int, str]:
        """The captions without the trigger word, by number; those that never had it are left out,
        because they are learned as they are.
        """
        return {
            number: caption.replace(self.trigger, self.word).strip(" ,")
            for number, caption in enumerate(captions)
            if self.trigger in caption
        }
