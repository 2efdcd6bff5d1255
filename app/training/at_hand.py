"""What the next run asks for and this computer lacks: its optimizer, or the model of an import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from engine.runtime.refusals import Refusal, RefusedError
from engine.training.optimizer_rules import RULES, lacking_here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.session import Session
    from engine.runtime.errors import StylekilnError


class AtHand(QObject):
    """Optimizers are looked at off the UI thread, once each; ``seen`` says that there is more.
    ``model`` says that the base model of an import is not here, until one is chosen.
    """

    seen = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._optimizers: dict[str, Refusal | None] = {}
        self.model: Refusal | None = None

    def lacks(self, values: Mapping[str, Any]) -> tuple[Refusal, ...]:
        """What a run of ``values`` cannot do here, as far as it is known."""
        found = (self.model, self._optimizer(values))
        return tuple(one for one in found if one is not None)

    def _optimizer(self, values: Mapping[str, Any]) -> Refusal | None:
        name = str(values["optimizer_type"])
        rule = RULES.get(name)
        if rule is None or (rule.instead and values["optimizer_fallback"]):
            return None
        if (rule.card or rule.package) and name not in self._optimizers:
            self._optimizers[name] = None
            self._session.start(self._look(name))
        return self._optimizers.get(name)

    async def _look(self, name: str) -> None:
        self._optimizers[name] = await self._session.bridge.io(lacking_here, name)
        self.seen.emit()


def with_lacks(problem: StylekilnError | None, lacks: tuple[Refusal, ...]) -> StylekilnError | None:
    """``problem`` together with what ``lacks``, which is told first."""
    if not lacks:
        return problem
    others = problem.refusals if isinstance(problem, RefusedError) else ()
    return RefusedError((*lacks, *others))
