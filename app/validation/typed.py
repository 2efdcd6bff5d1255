"""How the values along an axis are typed, and what is typed is read: files by short names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from app.i18n import tr
from engine.runtime.errors import BadInputError
from engine.sampling.infotext import SAMPLERS
from engine.validation.axes import Axis, AxisError, Value, axis_setting, read_values
from engine.validation.values import format_values, parse_integers, split_values
from engine.validation.words import BASE, without_common

if TYPE_CHECKING:
    from app.validation.cell import Checkpoint

_ALL = ("all", "全部", "所有")
_LAST = ("last", "最后", "末")
_NONE = {"checkpoint": BASE, "second_checkpoint": "none"}


@dataclass(frozen=True)
class AtHand:
    """What names can stand for: the ``checkpoints`` of the source, by epoch where ``by_epoch``;
    (file, name) of models and LoRAs; and the pictures of folders that were read.
    """

    checkpoints: tuple[Checkpoint, ...] = ()
    by_epoch: bool = False
    models: tuple[tuple[str, str], ...] = ()
    loras: tuple[tuple[str, str], ...] = ()
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def names(self, setting: str) -> list[tuple[str, str]]:
        """The files that ``setting`` can be, with short names; the first may stand for none."""
        if setting == "model":
            return list(self.models)
        if setting == "checkpoint":
            files = [item.path for item in self.checkpoints]
            short = without_common([Path(path).stem for path in files])
            return list(zip(files, short, strict=True))
        return [("", _NONE[setting]), *self.loras]


def read_typed(setting: str, text: str, hand: AtHand) -> tuple[Value, ...]:
    """The values that ``text`` names; AxisError says what is not understood."""
    kind = axis_setting(setting).kind
    if not text.strip():
        raise AxisError(setting, sentence="Name at least one value.")
    if setting == "checkpoint":
        return _checkpoints(setting, text, hand)
    if kind in ("model", "lora"):
        return _named(setting, text, hand.names(setting))
    if kind == "picture":
        return tuple(dict.fromkeys(_pictures(setting, text, hand)))
    return read_values(setting, text)


def places_of(text: str) -> tuple[str, ...]:
    """The files and folders that a list of pictures names."""
    return split_values(text)


def text_of(axis: Axis, hand: AtHand) -> str:
    """The values of ``axis`` as one would type them."""
    values = axis.values
    match axis.kind:
        case "int" | "float":
            return format_values(cast("tuple[float, ...]", values))
        case "text":
            return "\n".join(map(str, values))
        case "switch":
            return ", ".join(tr("on") if value else tr("off") for value in values)
        case "replace":
            pairs = cast("tuple[tuple[str, str], ...]", values)
            search, words = pairs[0][0], [word for _, word in pairs]
            return _listed([search, *(word for word in words if word != search)])
        case "picture":
            return _folders_of(cast("tuple[str, ...]", values), hand)
        case "lora" | "model":
            return _names_of(axis, hand)
        case _:
            known = SAMPLERS if axis.setting == "sampler" else {}
            return _listed([known.get(str(value), str(value)) for value in values])


def epochs_of(checkpoints: Sequence[Checkpoint]) -> str:
    """Checkpoints of a run by their epochs; all of them where steps lie between."""
    epochs = [item.epoch for item in checkpoints]
    return format_values(epochs) if len(set(epochs)) == len(epochs) else _ALL[0]


def _checkpoints(setting: str, text: str, hand: AtHand) -> tuple[Value, ...]:
    bare, files = text.strip().lower(), hand.checkpoints
    if not files:
        raise AxisError(setting, sentence="Choose a run with checkpoints, or LoRA files.")
    if bare in _ALL:
        return tuple(item.path for item in files)
    if bare in _LAST:
        return (files[-1].path,)
    names = [*((item.path, item.name) for item in files), *hand.names(setting)]
    tokens = split_values(text)
    if not hand.by_epoch or all(_match(token, names) for token in tokens):
        return _named(setting, text, names)
    by_epoch = {item.epoch: item.path for item in files}
    try:
        wanted = parse_integers(text)
    except BadInputError as error:
        raise AxisError(
            setting,
            sentence=error.sentence,
            remedy="Type epochs such as {epochs}, or all, or last.",
            epochs=epochs_of(files),
            **error.facts,
        ) from error
    missing = [epoch for epoch in wanted if epoch not in by_epoch]
    if missing:
        raise AxisError(
            setting,
            sentence="This run has no checkpoint of epoch {epoch}.",
            epoch=missing[0],
            remedy="It has epochs {epochs}.",
            epochs=format_values(sorted(by_epoch)),
        )
    return tuple(by_epoch[epoch] for epoch in wanted)


def _named(setting: str, text: str, names: Sequence[tuple[str, str]]) -> tuple[Value, ...]:
    found = []
    for token in split_values(text):
        files = _match(token, names)
        if len(files) != 1:
            raise AxisError(
                setting,
                sentence="{name} fits several files." if files else "There is no {name} here.",
                name=token,
                remedy="Choose it from the list, or drop the file.",
            )
        found.append(files[0])
    return tuple(dict.fromkeys(found))


def _match(token: str, names: Sequence[tuple[str, str]]) -> list[str]:
    """The files that ``token`` stands for: its whole name, else a part of it, or a path."""
    bare = token.casefold()
    whole = [file for file, name in names if bare in (name.casefold(), file.casefold())]
    if whole:
        return list(dict.fromkeys(whole))[:1]
    if Path(token).is_absolute():
        return [token]
    return list(dict.fromkeys(file for file, name in names if bare in name.casefold()))


def _pictures(setting: str, text: str, hand: AtHand) -> list[Value]:
    found: list[Value] = []
    for place in places_of(text):
        inside = hand.folders.get(place, (place,))
        if not inside:
            raise AxisError(setting, sentence="There are no pictures in {name}.", name=place)
        found += inside
    return found


def _folders_of(values: Sequence[str], hand: AtHand) -> str:
    """A folder for all of its pictures, where just these are compared."""
    whole = [folder for folder, inside in hand.folders.items() if inside == tuple(values)]
    return _listed(whole[:1] or values)


def _names_of(axis: Axis, hand: AtHand) -> str:
    values = cast("tuple[str, ...]", axis.values)
    if axis.setting == "checkpoint" and hand.by_epoch:
        known = {item.path: item for item in hand.checkpoints}
        if all(value in known for value in values):
            chosen = [known[value] for value in values]
            every = epochs_of(chosen)
            if every != _ALL[0] or len(chosen) == len(known):
                return every
    names = hand.names(axis.setting)
    shown = dict(names)
    texts = [shown.get(value, value) for value in values]
    exact = [text if _match(text, names) == [value] else value
             for text, value in zip(texts, values, strict=True)]  # fmt: skip
    return _listed(exact)


def _listed(texts: Sequence[str]) -> str:
    """Texts with commas between, in quotes where one holds a comma itself or is empty."""
    return ", ".join(
        '"' + text.replace('"', '""') + '"' if not text or "," in text or '"' in text else text
        for text in texts
    )
