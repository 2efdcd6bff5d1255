"""Pictures from plain folders by kohya's rules: ``<repeats>_<name>`` folders with caption files."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from engine.dataset.captions import caption_path, read_caption
from engine.dataset.edits import Fill, Recipe
from engine.dataset.folders import SIDE_FILES, kohya_name, natural_key
from engine.dataset.problem import Problem
from engine.imaging.decode import PICTURE_SUFFIXES, read_size
from engine.runtime.errors import BadInputError, MissingFileError, PictureError
from engine.runtime.files import require_folder
from engine.training.config import TrainRequest
from engine.training.looks import face_in_name
from engine.training.ways import TrainingSample, Way, way_of

Tell = Callable[[str], None]


def samples_of(request: TrainRequest, tell: Tell) -> list[TrainingSample]:
    """The samples of a request's image folder, and of its regularization folder. Raises
    MissingFileError, or BadInputError without pictures or with masks that do not fit.
    """
    way = way_of(request)
    root = require_folder(Path(request.train_data_dir).absolute())
    found = list(_in_named_folders(root, request, way, tell, is_reg=False))
    if not found:
        raise nothing_in(root)
    if request.conditioning_data_dir:
        found = with_masks(found, Path(request.conditioning_data_dir))
    return found + regularization(request, way, tell)


def regularization(request: TrainRequest, way: Way, tell: Tell) -> list[TrainingSample]:
    """The samples of a request's regularization folder; none without one."""
    if not request.reg_data_dir:
        return []
    root = require_folder(Path(request.reg_data_dir).absolute())
    found = list(_in_named_folders(root, request, way, tell, is_reg=True))
    if not found:
        tell(Problem("There are no pictures in {folder}.", folder=root))
    return found


def nothing_in(place: Path) -> BadInputError:
    """That a folder has no pictures to train on."""
    return BadInputError(
        "There are no pictures to train on in {path}.",
        path=place,
        remedy="Add pictures, or name folders like 10_name.",
    )


def _in_named_folders(
    root: Path, request: TrainRequest, way: Way, tell: Tell, *, is_reg: bool
) -> Iterator[TrainingSample]:
    """Samples of the ``30_name`` folders in ``root``; of ``root`` itself when it has none."""
    names = [name for name in os.listdir(root) if (root / name).is_dir() and name[0] != "."]
    named = False
    for name in sorted(names, key=natural_key):
        parsed = kohya_name(name)
        if parsed is None or parsed[0] < 1:
            tell(_left_out(name, parsed))
            continue
        named = True
        repeats, words = parsed
        yield from in_folder(
            root / name, repeats, words, request.caption_extension, way, tell, is_reg=is_reg
        )
    if not named:
        yield from in_folder(root, 1, "", request.caption_extension, way, tell, is_reg=is_reg)


def _left_out(name: str, parsed: tuple[int, str] | None) -> Problem:
    if parsed is not None:
        return Problem("The folder {name} is left out: it repeats its pictures 0 times.", name=name)
    return Problem(
        "The folder {name} is left out: its name does not start with a number and _.", name=name
    )


def in_folder(
    folder: Path,
    repeats: int,
    class_words: str,
    ending: str,
    way: Way,
    tell: Tell,
    *,
    is_reg: bool = False,
) -> Iterator[TrainingSample]:
    """A sample of every picture that lies directly in ``folder``. A picture without a caption file
    has the class words for a caption.
    """
    files = pictures_in(folder)
    _tell_shared_captions(files, ending, tell)
    bare = 0
    for path in files:
        caption, exists = _caption(path, ending, tell)
        bare += not exists and not class_words
        sample = sample_of_file(path, caption or class_words, repeats, way, tell)
        if sample is not None:
            yield replace(sample, is_reg=is_reg, category=class_words)
    if bare:
        tell(
            Problem(
                "{bare} of the {count} pictures in {name} have no caption.",
                bare=bare,
                count=len(files),
                name=folder.name,
            )
        )


def sample_of_file(
    path: Path, caption: str, repeats: int, way: Way, tell: Tell, *, group: str = ""
) -> TrainingSample | None:
    """The sample of one file; None when it is no picture, and ``tell`` hears why."""
    try:
        size = read_size(path)
    except (PictureError, MissingFileError) as error:
        tell(str(error))
        return None
    place = str(path.parent)
    return TrainingSample(
        path, caption, repeats, size, Recipe(), Fill(), False, place, way=way, group=group
    )


def pictures_in(folder: Path) -> list[Path]:
    """The picture files directly in ``folder``, in the order of their names."""
    names = [
        name
        for name in os.listdir(folder)
        if _is_picture(name) and not name.startswith(".") and (folder / name).is_file()
    ]
    return [folder / name for name in sorted(names, key=natural_key)]


def _is_picture(name: str) -> bool:
    stem, suffix = os.path.splitext(name)
    return suffix.lower() in PICTURE_SUFFIXES and not stem.endswith(SIDE_FILES)


def _caption(path: Path, ending: str, tell: Tell) -> tuple[str, bool]:
    """The caption of a picture, and whether there is a file; of the picture a face was cut from
    when it has none of its own.
    """
    found = read_caption(caption_path(path, ending))
    if not found.exists and face_in_name(path) is not None:
        whole = "_".join(path.stem.split("_")[:-4])
        found = read_caption(path.with_name(whole + ending))
    if found.problem:
        tell(found.problem)
    elif found.exists and not found.text.strip():
        tell(Problem("The caption file of {name} is empty.", name=path.name))
    return found.text.strip(), found.exists


def _tell_shared_captions(files: Sequence[Path], ending: str, tell: Tell) -> None:
    stems: dict[str, list[str]] = defaultdict(list)
    for path in files:
        stems[path.stem].append(path.name)
    for stem, names in stems.items():
        if len(names) > 1:
            shared = Problem(
                "{names} share the caption file {name}.",
                names=", ".join(names),
                name=stem + ending,
                remedy="Rename all but one of them.",
            )
            tell(shared)


def with_masks(samples: Sequence[TrainingSample], folder: Path) -> list[TrainingSample]:
    """``samples`` with the masks of ``folder``, which have their names and sizes.

    Raises MissingFileError without the folder, BadInputError for a missing mask, one that belongs
    to no picture, or one of another size than its picture.
    """
    folder = require_folder(folder.absolute())
    masks = {path.stem: path for path in pictures_in(folder)}
    strange = sorted(masks.keys() - {sample.path.stem for sample in samples})
    if strange:
        raise BadInputError(
            "The mask {name} belongs to no picture.",
            name=masks[strange[0]].name,
            remedy="Give it the name of its picture, or remove it from the mask folder.",
        )
    return [replace(sample, mask_file=_mask_of(sample, masks, folder)) for sample in samples]


def _mask_of(sample: TrainingSample, masks: dict[str, Path], folder: Path) -> Path:
    mask = masks.get(sample.path.stem)
    if mask is None:
        raise BadInputError(
            "{name} has no mask in {folder}.",
            name=sample.path.name,
            folder=folder,
            remedy="Add one of its name and size; a white one learns everything.",
        )
    size = read_size(mask)
    if size != sample.size:
        raise BadInputError(
            "The mask {name} is {size}, and its picture {wanted} pixels.",
            name=mask.name,
            size="×".join(map(str, size)),
            wanted="×".join(map(str, sample.size)),
            remedy="A mask has the size of its picture.",
        )
    return mask
