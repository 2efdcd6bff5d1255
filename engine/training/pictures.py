"""The pictures of a run: where they come from, their buckets, and their pixels as trained."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from engine.dataset.buckets import Assignment, BucketSpec, assign, fitting_step
from engine.dataset.edits import Baked, to_bucket
from engine.dataset.library import Library
from engine.dataset.samples import Sample, sample_of, training_samples
from engine.project.project import Project
from engine.runtime.errors import StylekilnError, TrainingError
from engine.runtime.job import Job
from engine.training.batches import pair_regularization
from engine.training.config import TrainRequest


@dataclass(frozen=True)
class Sources:
    """What a run learns from, before any pixel was read. ``problems`` has a sentence for each
    file that is left out; ``project`` is None for plain folders.
    """

    training: tuple[Sample, ...]
    held_out: tuple[Sample, ...]
    trigger_word: str
    problems: tuple[str, ...]
    project: Project | None


@dataclass(frozen=True)
class TrainingPicture:
    """One picture in its bucket. Sizes are (width, height) in pixels."""

    sample: Sample
    assignment: Assignment
    repeats: int

    @property
    def name(self) -> str:
        """Path of the file, for messages and for seeds."""
        return str(self.sample.path)

    @property
    def caption(self) -> str:
        """The caption as written."""
        return self.sample.caption

    @property
    def folder(self) -> str:
        """The group it belongs to, kohya's folder name."""
        return Path(self.sample.source_dir).name

    @property
    def regularization(self) -> bool:
        """Whether it only holds the model in place."""
        return self.sample.is_reg

    @property
    def original(self) -> tuple[int, int]:
        """Size after edits and before resizing."""
        return self.assignment.image

    @property
    def bucket(self) -> tuple[int, int]:
        """Size as trained."""
        return self.assignment.bucket

    @property
    def ar_error(self) -> float:
        """Bucket ratio minus picture ratio, without its sign."""
        return abs(self.assignment.ar_error)

    @property
    def sdxl_crop(self) -> tuple[int, int]:
        """(left, top) as kohya tells SDXL."""
        left, top, *_ = self.assignment.sdxl_crop
        return int(left), int(top)

    def baked(self) -> Baked:
        """Pixels and training mask at the size of the bucket. Raises PictureError."""
        found = self.sample.bake()
        mask = None if found.mask is None else to_bucket(found.mask, self.assignment)
        return Baked(to_bucket(found.rgb, self.assignment), mask)


@dataclass(frozen=True)
class PictureSet:
    """The readable pictures of a run. ``training`` includes the regularization pictures that found
    a partner, repeated to match; ``regularization`` has all of them as they lie in their folders.
    ``problems`` has a sentence for each that was left out; ``cache`` is the folder for latents,
    None without a project.
    """

    training: tuple[TrainingPicture, ...]
    regularization: tuple[TrainingPicture, ...]
    held_out: tuple[TrainingPicture, ...]
    trigger_word: str
    problems: tuple[str, ...]
    cache: Path | None


def find_sources(request: TrainRequest) -> Sources:
    """The samples of a request. Raises MissingFileError for a missing folder, BadInputError when
    there is nothing to learn from.
    """
    problems: list[str] = []
    if not request.project:
        samples = training_samples(Path(request.train_data_dir), on_problem=problems.append)
        return Sources(tuple(samples), (), request.trigger_word, tuple(problems), None)
    project = Project.open(Path(request.project))
    with closing(Library(project.database)) as library:
        samples = training_samples(project, library=library, on_problem=problems.append)
        held_out = [
            sample_of(picture, project)
            for picture in library.pictures()
            if picture.held_out and replace(picture, held_out=False).usable
        ]
    trigger = request.trigger_word or project.file.trigger_word
    return Sources(tuple(samples), tuple(held_out), trigger, tuple(problems), project)


def bucket_spec(request: TrainRequest, native_size: int) -> BucketSpec:
    """The buckets of a request; what it leaves open follows the model's own size."""
    size = request.size or (native_size, native_size)
    return BucketSpec(
        resolution=size,
        minimum=request.min_bucket_reso or max(1, min(size) // 2),
        maximum=request.max_bucket_reso or max(size) * 2,
        step=fitting_step(request.bucket_reso_steps, size),
        no_upscale=request.bucket_no_upscale,
        enabled=request.enable_bucket,
    )


def open_pictures(sources: Sources, spec: BucketSpec, job: Job) -> PictureSet:
    """Decode every sample once and put it into its bucket, by its true size after its edits.

    One corrupt picture among good ones does not stop a run; TrainingError when none is left.
    """
    training, problems = _open(sources.training, spec, job)
    held_out, more = _open(sources.held_out, spec, job)
    pictures = balanced(training)
    problems = [*sources.problems, *problems, *more]
    if not any(not picture.regularization for picture in pictures):
        raise TrainingError(
            "None of the {count} pictures can be used: {problem}",
            count=len(sources.training),
            problem=problems[0],
        )
    return PictureSet(
        training=tuple(pictures),
        regularization=tuple(picture for picture in training if picture.regularization),
        held_out=tuple(held_out),
        trigger_word=sources.trigger_word,
        problems=tuple(problems),
        cache=None if sources.project is None else sources.project.cache / "latents",
    )


def _open(
    samples: Sequence[Sample], spec: BucketSpec, job: Job
) -> tuple[list[TrainingPicture], list[str]]:
    """Pictures in their buckets, and one sentence for each that cannot be used."""
    found: list[TrainingPicture] = []
    problems: list[str] = []
    for number, sample in enumerate(samples):
        job.breathe()
        job.progress(number, len(samples), "Reading pictures")
        try:
            rgb = sample.bake().rgb
            assignment = assign(spec, (rgb.shape[1], rgb.shape[0]))
        except StylekilnError as error:
            problems.append(f"{sample.path.name}: {error}")
        else:
            found.append(TrainingPicture(sample, assignment, sample.repeats))
    return found, problems


def balanced(pictures: Sequence[TrainingPicture]) -> list[TrainingPicture]:
    """Regularization pictures repeated to match the others; those without a partner left out."""
    plain = [picture for picture in pictures if not picture.regularization]
    regular = [picture for picture in pictures if picture.regularization]
    draws = sum(picture.repeats for picture in plain)
    paired = pair_regularization([picture.repeats for picture in regular], draws)
    return plain + [
        replace(picture, repeats=times)
        for picture, times in zip(regular, paired, strict=True)
        if times
    ]
