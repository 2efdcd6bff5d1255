"""A grid before it is drawn: how much it is, what is there, how long the rest takes, what is wrong.

Light: headers of files are read, no model is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from engine.imaging.decode import read_size
from engine.models.catalogue import find_lora
from engine.models.inspect import ModelInfo, inspect
from engine.models.native import native_size
from engine.project import links
from engine.prompt.syntax import take_loras
from engine.runtime.errors import BadInputError, ModelFileError, StylekilnError
from engine.runtime.files import require_target
from engine.validation.axes import AxisError, axis_setting
from engine.validation.manifest import NAME
from engine.validation.pace import seconds_for, work_of
from engine.validation.planning import PlannedCell, plan
from engine.validation.request import GridRequest
from engine.validation.resolve import check_texts
from engine.validation.room import check_place, check_room
from engine.validation.store import CellStore

BYTES_PER_PIXEL = 1.6
"""Of a PNG without anything to go by: drawn pictures lie between 1 and 2."""
_USUAL_SIDE = 512
_LORAS = (("checkpoint", "weight"), ("second_checkpoint", "second_weight"))
_PICTURES = ("init_image", "mask")


@dataclass(frozen=True)
class Problem:
    """What is wrong with the axis or setting ``setting``."""

    setting: str
    error: StylekilnError


@dataclass(frozen=True)
class Survey:
    """What a grid amounts to.

    ``cells`` are its places, ``distinct`` the pictures they need, ``cached`` those that are there.
    ``seconds`` for the rest is None while nothing was drawn with its models on this device;
    ``bytes`` is what the rest takes on disk. With problems of what it names nothing is known to be
    there.
    """

    cells: int
    distinct: int
    cached: int
    seconds: float | None
    bytes: int
    problems: tuple[Problem, ...] = ()


def dry_run(request: GridRequest) -> Survey:
    """Look at all that ``request`` names, and estimate what it takes. Not for the UI thread: files
    are hashed that were not hashed before.
    """
    wrong = tuple(problems(request))
    if wrong:
        return Survey(request.count, request.distinct(), 0, None, 0, wrong)
    cells = plan(request)
    store = CellStore(request.cells_folder)
    there = store.names()
    named = [cell for cell in cells if store.name(cell.id) in there]
    whole = {cell.id for cell in named if store.looks_whole(cell.id)}
    missing = [cell for cell in cells if cell.id not in whole]
    cached = [cell for cell in cells if cell.id in whole]
    pixels = lru_cache(maxsize=4096)(_pixels)
    size = round(_bytes_per_pixel(cached, store, pixels) * sum(map(_of(pixels), missing)))
    return Survey(
        cells=request.count,
        distinct=len(cells),
        cached=len(cached),
        seconds=_seconds(missing, pixels),
        bytes=size,
        problems=(
            *_in_the_way(store, [cell for cell in named if cell.id not in whole]),
            *_found("cells", partial(check_room, store.folder, size)),
        ),
    )


# Problems


def problems(request: GridRequest) -> Iterator[Problem]:
    """All that is wrong with what ``request`` names, by axis; only headers of files are read."""
    yield from _found("prompt", partial(_check_prompts, request))
    yield from _found("cells", partial(_check_cells, request))
    try:
        check_texts(request)
    except AxisError as error:
        yield Problem(error.setting, error)
    bases: list[ModelInfo] = []
    for ref in request.values("model"):
        yield from _found("model", partial(_add_base, bases, str(ref)))
    for files, weights in _LORAS:
        yield from _lora_problems(request, bases, files, weights)
    for use in request.image.loras:
        yield from _found("loras", partial(_check_lora, use.path, bases))
    yield from _idle_axes(request)
    for name in _PICTURES:
        for path in filter(None, request.values(name)):
            yield from _found(name, partial(read_size, Path(str(path))))
    for text in request.prompts:
        for tag in take_loras(text)[1]:
            if tag.valid:
                yield from _found("prompt", partial(_check_named, tag.name, bases))
    yield from _found("mask", partial(_check_start, request))


def _found(setting: str, check: Callable[[], object]) -> Iterator[Problem]:
    try:
        check()
    except StylekilnError as error:
        yield Problem(setting, error)


def _lora_problems(
    request: GridRequest, bases: list[ModelInfo], files: str, weights: str
) -> Iterator[Problem]:
    paths = [str(path) for path in request.values(files) if path]
    for path in paths:
        yield from _found(files, partial(_check_lora, path, bases))
    named = [axis.setting for axis in request.axes if len(axis.values) > 1]
    if weights in named and not paths:
        yield Problem(
            weights,
            AxisError(
                weights,
                sentence="There is no LoRA that it could act on.",
                remedy="Name a LoRA file, or leave this axis out.",
            ),
        )


def _idle_axes(request: GridRequest) -> Iterator[Problem]:
    """Axes that change nothing, because what they act on is not there."""
    for axis in request.axes:
        needed = axis_setting(axis.setting).setting.when
        if needed == "init_image" and len(axis.values) > 1 and not any(request.values(needed)):
            yield Problem(
                axis.setting,
                AxisError(
                    axis.setting,
                    sentence="It changes nothing without a start picture.",
                    remedy="Name one, or leave this axis out.",
                ),
            )


def _check_prompts(request: GridRequest) -> None:
    if not any(text.strip() for text in request.prompts):
        raise BadInputError("There is no prompt.", remedy="Write what is to be drawn.")


def _check_cells(request: GridRequest) -> None:
    """A project that is copied takes the cells of its grids along."""
    check_place(Path(request.folder))
    check_place(request.cells_folder)
    root = links.root_of(Path(request.folder) / NAME)
    cells = Path(os.path.abspath(request.cells_folder))
    if root is not None and not cells.is_relative_to(root):
        raise BadInputError(
            "The cells of a grid of a project lie in the project, and {path} does not.",
            path=cells,
            remedy="Name another folder, or leave it out.",
        )


def _in_the_way(store: CellStore, missing: Sequence[PlannedCell]) -> Iterator[Problem]:
    """Folders that are called as cells to draw."""
    for cell in missing:
        yield from _found("cells", partial(require_target, store.path(cell.id)))


def _add_base(bases: list[ModelInfo], ref: str) -> None:
    info = inspect(ref)
    if info.kind != "base":
        raise ModelFileError(
            "{name} is not a base model.", name=info.name, remedy="Choose another file."
        )
    bases.append(info)


def _check_lora(path: str, bases: list[ModelInfo]) -> None:
    info = inspect(path)
    if info.kind != "lora":
        raise ModelFileError(
            "{name} is not a LoRA.", name=info.path.name, remedy="Choose another file."
        )
    for base in bases:
        misfit = info.misfit(base)
        if misfit is not None:
            raise misfit


def _check_named(name: str, bases: list[ModelInfo]) -> None:
    _check_lora(str(find_lora(name)), bases)


def _check_start(request: GridRequest) -> None:
    if any(request.values("mask")) and not all(request.values("init_image")):
        raise BadInputError(
            "A mask needs a start picture.", remedy="Name one for every picture of the grid."
        )


# Estimates


def _pixels(model: str, width: int, height: int, start: str | None) -> int:
    """The area of a picture, as far as it can be told without loading the model."""
    if start is not None and not (width and height):
        own_width, own_height = read_size(Path(start))
        return (width or own_width) * (height or own_height)
    side = _side(model)
    return (width or side) * (height or side)


@lru_cache(maxsize=64)
def _side(model: str) -> int:
    try:
        return native_size(inspect(model))
    except (OSError, ValueError, KeyError, TypeError, StylekilnError):
        return _USUAL_SIDE


def _of(pixels: Callable[..., int]) -> Callable[[PlannedCell], int]:
    def area(cell: PlannedCell) -> int:
        image = cell.image
        return pixels(image.model, image.width, image.height, image.init_image)

    return area


def _seconds(missing: list[PlannedCell], pixels: Callable[..., int]) -> float | None:
    work: dict[str, float] = {}
    area = _of(pixels)
    for cell in missing:
        model = cell.image.model
        work[model] = work.get(model, 0.0) + work_of(cell.image, area(cell))
    known = [seconds_for(model, amount) for model, amount in work.items()]
    if any(seconds is None for seconds in known):
        return None
    return sum(seconds for seconds in known if seconds is not None)


def _bytes_per_pixel(
    cached: list[PlannedCell], store: CellStore, pixels: Callable[..., int]
) -> float:
    """As the cells that are there already; a few of them tell it."""
    area = _of(pixels)
    sizes = [(store.size(cell.id), area(cell)) for cell in cached[:50]]
    total = sum(pixel for size, pixel in sizes if size)
    return sum(size for size, _ in sizes) / total if total else BYTES_PER_PIXEL
