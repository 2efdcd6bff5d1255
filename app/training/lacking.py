"""What the next run asks for and this computer lacks: optimizer, precision, attention, a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from engine.runtime.refusals import Refusal, RefusedError
from engine.training.device_needs import ASKED, lacking_here
from engine.training.optimizer_rules import RULES
from engine.training.optimizer_rules import lacking_here as optimizer_lacking_here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.session import Session
    from engine.runtime.errors import StylekilnError


class Lacking(QObject):
    """Each wish is looked at off the UI thread, once; ``seen`` says that there is more.
    ``model`` says that the base model of an import is not here, until one is chosen.
    """

    seen = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._known: dict[object, tuple[Refusal, ...]] = {}
        self.model: Refusal | None = None

    def of(self, values: Mapping[str, Any]) -> tuple[Refusal, ...]:
        """What a run of ``values`` cannot do here, as far as it is known."""
        model = () if self.model is None else (self.model,)
        return (*model, *self._optimizer(values), *self._memory(values))

    def _optimizer(self, values: Mapping[str, Any]) -> tuple[Refusal, ...]:
        name = str(values["optimizer_type"])
        rule = RULES.get(name)
        if rule is None or (rule.instead and values["optimizer_fallback"]):
            return ()
        if not (rule.card or rule.package):
            return ()
        return self._seen(name, optimizer_lacking_here, name)

    def _memory(self, values: Mapping[str, Any]) -> tuple[Refusal, ...]:
        asked = {name: values[name] for name in ASKED}
        special = asked["fp8_base"] or asked["fp8_base_unet"] or asked["attention"] == "xformers"
        if not special and asked["mixed_precision"] != "fp16":
            return ()
        return self._seen(tuple(asked.values()), lacking_here, asked)

    def _seen(
        self, key: object, look: Callable[..., tuple[Refusal, ...]], asked: object
    ) -> tuple[Refusal, ...]:
        if key not in self._known:
            self._known[key] = ()
            self._session.start(self._look(key, look, asked))
        return self._known[key]

    async def _look(
        self, key: object, look: Callable[..., tuple[Refusal, ...]], asked: object
    ) -> None:
        self._known[key] = await self._session.bridge.io(look, asked)
        self.seen.emit()


def with_lacks(problem: StylekilnError | None, lacks: tuple[Refusal, ...]) -> StylekilnError | None:
    """``problem`` together with what ``lacks``, which is told first."""
    if not lacks:
        return problem
    others = problem.refusals if isinstance(problem, RefusedError) else ()
    return RefusedError((*lacks, *others))
