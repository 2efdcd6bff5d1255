"""Which checkpoint and weight the verdict's page looks at: the pick, until another is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from app.validation.evidence import EvidenceState
    from engine.validation.judging import RowVerdict


class VerdictFocus(QObject):
    """``checkpoint`` and ``weight``; with ``all_weights`` charts show the other weights as well."""

    changed = Signal()

    def __init__(self, evidence: EvidenceState) -> None:
        super().__init__(evidence)
        self._evidence = evidence
        self._chosen: tuple[str, float] | None = None
        self.all_weights = False
        evidence.changed.connect(self._follow)

    @property
    def _rows(self) -> tuple[RowVerdict, ...]:
        verdict = self._evidence.verdict()
        return verdict.rows if verdict is not None else ()

    @property
    def at(self) -> tuple[str, float]:
        """Checkpoint and weight that are looked at; empty and 0 while there is nothing."""
        places = [(one.row.checkpoint, one.row.weight) for one in self._rows]
        if self._chosen in places:
            return self._chosen or ("", 0.0)
        picked = self._evidence.pick()
        if picked is not None:
            return picked.checkpoint, picked.weight
        return places[-1] if places else ("", 0.0)

    @property
    def row(self) -> RowVerdict | None:
        """What is known of it."""
        at = self.at
        return next((one for one in self._rows if (one.row.checkpoint, one.row.weight) == at), None)

    @property
    def weights(self) -> list[float]:
        """The weights that were drawn."""
        return sorted({one.row.weight for one in self._rows})

    def look_at(self, checkpoint: str, weight: float | None = None) -> None:
        """Look at another checkpoint; at the same weight unless another is named."""
        self._chosen = checkpoint, self.at[1] if weight is None else weight
        self.changed.emit()

    def show_weight(self, weight: float | None) -> None:
        """Look at one weight, or with None at all of them."""
        self.all_weights = weight is None
        if weight is not None:
            self._chosen = self.at[0], weight
        self.changed.emit()

    def _follow(self) -> None:
        if self._evidence.verdict() is None:
            self._chosen, self.all_weights = None, False
        self.changed.emit()
