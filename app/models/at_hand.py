"""The models at hand for painting: base models, and LoRAs with the reason where one does not fit.

Canvas and Validate offer them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.models.weights import USUAL, read_weights, weight_key
from engine.models.approvals import Approval, read_approval
from engine.models.catalogue import described, list_models, model_folders
from engine.models.hashes import file_sha256
from engine.models.native import native_size
from engine.runtime.errors import ModelFileError, StylekilnError
from engine.training.runs import list_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.models.inspect import ModelInfo
    from engine.project.project import Project

USUAL_SIZE = 512


@dataclass(frozen=True)
class BaseChoice:
    """A base model. ``size`` is the side in pixels of the pictures it was trained on."""

    info: ModelInfo
    size: int = USUAL_SIZE

    @property
    def ref(self) -> str:
        """The text by which requests name it."""
        return self.info.ref


@dataclass(frozen=True)
class LoraChoice:
    """A LoRA file by the name people know. ``epoch`` is 0 when the file is not from a run.

    ``info`` is None until the file was looked at; ``weight`` is the one it is first used with,
    ``approval`` the verdict of the team. ``also`` are files of the same content: the checkpoints of
    runs that an approved one was copied from.
    """

    path: str
    name: str
    epoch: int = 0
    trigger: str = ""
    info: ModelInfo | None = None
    weight: float = USUAL
    approval: Approval | None = None
    also: tuple[str, ...] = ()

    def is_at(self, path: str) -> bool:
        """Whether the file ``path`` is this LoRA."""
        return path == self.path or path in self.also

    def misfit(self, base: BaseChoice) -> StylekilnError | None:
        """Why this LoRA cannot be used with ``base``; None when it can."""
        if self.info is None or base.info.error is not None:
            return None
        if self.info.error is not None:
            return self.info.error
        if self.info.kind != "lora":
            return _wrong_kind(self.info, "{name} is not a LoRA.")
        return self.info.misfit(base.info)


@dataclass(frozen=True)
class ModelsAtHand:
    """Base models, the starter first, and LoRAs: those that the team has approved, then the newest
    run and latest epoch first.
    """

    bases: tuple[BaseChoice, ...] = ()
    loras: tuple[LoraChoice, ...] = ()

    def base(self, ref: str) -> BaseChoice | None:
        """The base model ``ref``; None when it was not looked at."""
        return next((choice for choice in self.bases if choice.ref == ref), None)

    def lora(self, path: str) -> LoraChoice:
        """The LoRA ``path``, or one named after the file."""
        found = next((choice for choice in self.loras if choice.is_at(path)), None)
        return found or LoraChoice(path, Path(path).stem)


def read_models(project: Project | None, base: str, loras: Iterable[str]) -> ModelsAtHand:
    """Everything at hand, and ``base`` and ``loras`` wherever they lie. Not on the UI thread."""
    infos = {str(info.path): info for info in list_models(model_folders())}
    trained = _of_runs(project)
    found = [info for info in infos.values() if info.kind != "lora"]
    if base not in [info.ref for info in found]:
        found.append(described(base))
    known = {choice.path for choice in trained}
    others = [
        LoraChoice(
            path,
            info.name,
            trigger=info.trigger_word,
            info=info,
            approval=read_approval(info.path),
        )
        for path, info in infos.items()
        if info.kind == "lora" and path not in known
    ]
    known |= {choice.path for choice in others}
    trained, others = _once(trained, others)
    foreign = [_dropped(path) for path in loras if path not in known]
    weights = read_weights()
    known_loras = [_weighted(choice, weights) for choice in (*trained, *others, *foreign)]
    known_loras.sort(key=lambda choice: choice.approval is None)
    return ModelsAtHand(tuple(map(_base_choice, found)), tuple(known_loras))


def _once(
    trained: list[LoraChoice], others: list[LoraChoice]
) -> tuple[list[LoraChoice], list[LoraChoice]]:
    """Both, but checkpoints that were approved are only there as the approved copy."""
    approved = {one.approval.sha256: one for one in others if one.approval is not None}
    sizes = {one.approval.bytes for one in others if one.approval is not None}
    same: dict[str, list[str]] = {}
    for choice in trained:
        digest = _content(choice.path, sizes)
        if digest in approved:
            same.setdefault(digest, []).append(choice.path)
    copied = {path for paths in same.values() for path in paths}
    return [choice for choice in trained if choice.path not in copied], [
        replace(choice, also=tuple(same.get(choice.approval.sha256, ())))
        if choice.approval is not None
        else choice
        for choice in others
    ]


def _content(path: str, sizes: set[int]) -> str:
    """What names the content of a file; empty unless it has one of ``sizes``, so that few are read
    whole.
    """
    try:
        return file_sha256(Path(path)) if Path(path).stat().st_size in sizes else ""
    except (OSError, StylekilnError):
        return ""  # it goes away meanwhile


def _weighted(choice: LoraChoice, weights: Mapping[str, float]) -> LoraChoice:
    if choice.info is None:
        return choice
    usual = choice.approval.weight if choice.approval is not None else USUAL
    return replace(choice, weight=weights.get(weight_key(choice.info), usual))


def _of_runs(project: Project | None) -> list[LoraChoice]:
    if project is None:
        return []
    return [
        LoraChoice(str(item.path), run.name, item.epoch, info=described(item.path))
        for run in list_runs(project.runs)
        for item in reversed(run.checkpoints())
    ]


def _dropped(path: str) -> LoraChoice:
    info = described(path)
    return LoraChoice(path, Path(path).stem, trigger=info.trigger_word, info=info)


def _base_choice(info: ModelInfo) -> BaseChoice:
    if info.error is not None:
        return BaseChoice(info)
    if info.kind != "base":
        return _refused(info, _wrong_kind(info, "{name} is not a base model."))
    try:
        return BaseChoice(info, native_size(info))
    except (OSError, ValueError, KeyError, TypeError):  # configs of a folder, by any program
        return _refused(
            info,
            ModelFileError(
                "{name} cannot be read.", name=info.name, remedy="Download or copy it again."
            ),
        )


def _wrong_kind(info: ModelInfo, sentence: str) -> ModelFileError:
    return ModelFileError(sentence, name=info.path.name, remedy="Choose another file.")


def _refused(info: ModelInfo, error: ModelFileError) -> BaseChoice:
    return BaseChoice(replace(info, problem=str(error), error=error))
