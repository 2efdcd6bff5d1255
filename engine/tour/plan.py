"""What the tour does: the sample project, the four stages, and the settings they use."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from engine.canvas.repaint import RepaintRequest
from engine.project import links
from engine.project.project import Project, SourceFolder, is_project
from engine.runtime.files import storage_errors
from engine.runtime.job import Request
from engine.runtime.resources import resource
from engine.sampling.request import ImageRequest, LoraUse
from engine.tour.painting import MARGIN, SKETCH, SKETCH_FIELD
from engine.training.config import TrainRequest
from engine.validation.request import GridRequest, four_axes

StageName = Literal["dataset", "train", "validate", "canvas"]

STYLE = "pixel icon"
CAPTION = "{subject}, " + STYLE + ", white background"
HELD_OUT = 6
SEED = 7
# Subjects the model knows and the set does not have: what it learned must carry over to them.
UNSEEN = ("red apple", "castle")
WEIGHTS = (0.0, 0.5, 1.0)
SEEDS = (11, 12, 13, 14)


@dataclass(frozen=True)
class Stage:
    """One stage as the window shows it. Texts are translation keys."""

    name: StageName
    workspace: str
    title: str
    intro: str
    button: str


STAGES = (
    Stage(
        "dataset",
        "dataset",
        "Prepare the pictures",
        "41 raw icons. The tour finds the blurred, doubled and tiny ones, fills transparent "
        "parts, writes captions from the file names and holds six pictures out.",
        "Prepare the pictures",
    ),
    Stage(
        "train",
        "train",
        "Train the style",
        "The built-in model has never seen this pixel style. It learns a LoRA from the pictures "
        "and saves it six times on the way, from too early to too late.",
        "Train",
    ),
    Stage(
        "validate",
        "validate",
        "See what was learned",
        "Two subjects that are not among the pictures, four seeds, three weights, every "
        "checkpoint. The tour picks the one to use and says why.",
        "Draw and judge",
    ),
    Stage(
        "canvas",
        "canvas",
        "Paint with it",
        "A sheet of icons with a rough color sketch in one field. The tour repaints that region "
        "in the learned style; every pixel outside stays as it is.",
        "Repaint the region",
    ),
)


class TourRequest(Request):
    """Carry out one stage of the tour in a project (made by :func:`sample_project`)."""

    handler: ClassVar[str] = "engine.tour.stages:run"
    title_key: ClassVar[str] = "Tour: {name}"
    project: str
    stage: StageName

    @property
    def subject(self) -> str:
        """The title of the stage."""
        return next(stage.title for stage in STAGES if stage.name == self.stage)


@dataclass(frozen=True)
class StageResult:
    """What a stage did: a sentence (translation key and facts) and what the workspace opens."""

    stage: StageName
    sentence: str
    facts: dict[str, Any]
    payload: dict[str, Any]
    report: dict[str, Any]


def stage_file(project: Project, stage: StageName) -> Path:
    """Where the facts of a finished stage lie."""
    return project.root / "tour" / f"{stage}.json"


def read_facts(project: Project, stage: StageName) -> dict[str, Any]:
    """The facts of a finished stage. Raises OSError or ValueError when there are none."""
    facts = json.loads(stage_file(project, stage).read_text(encoding="utf-8"))
    if not isinstance(facts, dict):
        raise ValueError(f"{stage}: no facts")
    found: dict[str, Any] = links.absolute(facts, project.root)
    return found


def stages_done(project: Project) -> int:
    """How many stages, from the first on, have been finished in ``project``."""
    return next(
        (n for n, stage in enumerate(STAGES) if not stage_file(project, stage.name).is_file()),
        len(STAGES),
    )


def is_sample(project: Project, home: Path) -> bool:
    """Whether ``project`` is the one :func:`sample_project` makes under ``home``."""
    return project.root == Path(home).absolute() / "Sample"


def sample_project(home: Path) -> Project:
    """The sample project under ``home``, made on first use from a copy of the shipped art.

    The art is copied because captions are written beside pictures, and what ships is never
    written to. Raises StorageError.
    """
    root = Path(home) / "Sample"
    if is_project(root):
        return Project.open(root)
    art = root / "art"
    with storage_errors(art):
        for style in ("pixel", "raw"):
            shutil.copytree(resource("sample", style), art / style, dirs_exist_ok=True)
    sources = [SourceFolder(path=str(art / "pixel"))]
    return Project.create(root, "Sample", sources, base_model="starter")


def train_request(project: Project) -> TrainRequest:
    """The training run of the tour: about 290 steps of batch 8 at 128 px, two minutes on a CPU."""
    return TrainRequest(
        project=str(project.root),
        output_name="pixel-style",
        base_model="starter",
        resolution="128",
        min_bucket_reso=64,
        network_dim=16,
        network_alpha=16,
        conv_dim=16,
        conv_alpha=16,
        unet_lr=1e-3,
        text_encoder_lr=0.0,
        lr_scheduler="constant_with_warmup",
        lr_warmup_steps=10,
        train_batch_size=8,
        max_train_epochs=72,
        save_every_n_epochs=12,
        seed=SEED,
        sample_prompts=tuple(
            f"{CAPTION.format(subject=subject)} --w 128 --h 128 --d {SEEDS[0]} --s 20 --l 4"
            for subject in (*UNSEEN, "key")
        ),
        sample_every_n_epochs=12,
    )


def image_request() -> ImageRequest:
    """How the tour draws pictures for the grid: 128 px, DPM++ 2M, 20 steps, guidance 4."""
    return ImageRequest(
        model="starter",
        prompt=CAPTION.format(subject=UNSEEN[0]),
        width=128,
        height=128,
        steps=20,
        guidance_scale=4.0,
        sampler="dpmpp_2m",
        seed=SEEDS[0],
        batch_size=8,
    )


def grid_request(project: Project, checkpoints: tuple[str, ...]) -> GridRequest:
    """The tour's grid: ``checkpoints`` x three weights x four seeds x two unseen subjects."""
    return GridRequest(
        folder=str(project.grids / "tour"),
        cells=str(project.cache / "cells"),
        image=image_request(),
        axes=four_axes(
            checkpoints, WEIGHTS, SEEDS, [CAPTION.format(subject=subject) for subject in UNSEEN]
        ),
    )


def repaint_request(picture: Path, lora: str, weight: float, folder: Path) -> RepaintRequest:
    """Four candidates for the sketched field of the sheet, in the learned style."""
    image = image_request().model_copy(
        update={
            "prompt": CAPTION.format(subject=UNSEEN[0]),
            "loras": (LoraUse(path=lora, weight=weight),),
            "strength": 0.75,
            "count": 4,
            "seed": SEEDS[0],
        }
    )
    return RepaintRequest(
        picture=str(picture),
        rect=tuple(SKETCH),
        frame=tuple(SKETCH_FIELD),
        image=image,
        folder=str(folder),
        grow=0,
        feather=MARGIN,
        fill="keep",
        match_color=1.0,
    )
