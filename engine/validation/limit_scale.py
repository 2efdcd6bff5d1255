"""Limits in the scale of what they limit: kept as a part of what can be expected, read as numbers
that stand beside a measure.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.validation.evidence import Evidence

_PLACES = 4  # of the setting, so that what is typed with two digits comes back as typed


@dataclass(frozen=True)
class Scale:
    """A limit is shown as ``offset`` plus ``factor`` times its setting."""

    factor: float = 1.0
    offset: float = 0.0

    def shown(self, setting: float) -> float:
        """How ``setting`` reads beside the measure."""
        return self.offset + self.factor * setting

    def setting(self, shown: float) -> float:
        """The setting that reads ``shown``."""
        return round((shown - self.offset) / self.factor, _PLACES)


def scale_of(name: str, evidence: Evidence) -> Scale | None:
    """The scale of the limit ``name``; None where ``evidence`` has nothing to read it against."""
    if name == "variety_of_base":
        expected = evidence.expected_diversity
        return Scale(expected) if expected > 0 else None
    if name == "excess":
        known = evidence.training_similarities or evidence.held_out_copying is not None
        return Scale(1.0, evidence.unseen_copying) if evidence.is_compared and known else None
    return Scale()
