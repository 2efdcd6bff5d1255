"""The pictures of a run: where they come from, their buckets, and their pixels as trained."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from engine.dataset.buckets import Assignment, BucketSpec, assign, fitting_step
from engine.dataset.edits import Baked
from engine.dataset.library import Library
from engine.dataset.problem import Problem
from engine.dataset.samples import Sample, sample_of, training_samples
from engine.project.project import Project
from engine.runtime.errors import StylekilnError, TrainingError
from engine.runtime.job import Job
from engine.training import sources_files, sources_folder
from engine.training.batches import Shelf, pair_regularization, shelve
from engine.training.categories import chosen, require_chosen
from engine.training.config import TrainRequest
from engine.training.looks import (
    PLAIN,
    Look,
    colored,
    cut_numbers,
    draw_look,
    face_in_name,
    pixels,
)
from engine.training.settings.buckets import BucketSettings
from engine.training.ways import TrainingSample, Way, drawn_anew, held_apart, on_its_way, way_of


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
    """One picture in its bucket. Sizes are (width, height) in pixels. ``look`` is what chance chose
    of it; :meth:`drawn` gives the picture under another look.
    """

    sample: Sample
    assignment: Assignment
    repeats: int
    look: Look = PLAIN

    @property
    def name(self) -> str:
        """Path of the file, for messages and for seeds."""
        return str(self.sample.path)

    @cached_property
    def key(self) -> str:
        """What tells it from every other picture of the run and from its own other looks."""
        how = self.way.pictures
        return repr((self.name, self.way.dataset, how.alpha_mask, self.bucket, self.look))

    @cached_property
    def way(self) -> Way:
        """The rules of its folder."""
        return self.sample.way if isinstance(self.sample, TrainingSample) else Way()

    @property
    def caption(self) -> str:
        """The caption as written."""
        return self.sample.caption

    @property
    def folder(self) -> str:
        """The group it belongs to, kohya's folder name."""
        group = self.sample.group if isinstance(self.sample, TrainingSample) else ""
        return group or Path(self.sample.source_dir).name

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
        """(left, top) as SDXL is told: of the cut of this look, or as kohya computes it."""
        as_kohya = self.way.pictures.sdxl_kohya_crop
        return cut_numbers(self.assignment, self.look, as_kohya=as_kohya)

    @cached_property
    def looks(self) -> tuple[TrainingPicture, ...]:
        """Every look it can be drawn in; empty when there are too many to keep."""
        if drawn_anew(self.way):
            return ()
        if not self.way.pictures.flip_aug:
            return (self,)
        return self, replace(self, look=Look(flipped=True))

    def drawn(self, chance: random.Random) -> TrainingPicture:
        """The picture in a look that ``chance`` draws."""
        if len(self.looks) == 1:
            return self
        face = face_in_name(self.sample.path) if self.way.face_range else None
        look = draw_look(self.way, self.assignment, face, chance)
        if self.looks:
            return self.looks[look.flipped]
        return replace(self, look=look)

    def baked(self) -> Baked:
        """Pixels and training mask at the size of the bucket, in this look. Raises PictureError."""
        whole = self.sample.bake()
        filter_ = self.way.pictures.resize_interpolation
        rgb = colored(pixels(whole.rgb, self.assignment, self.look, filter_), self.look)
        mask = whole.mask
        if mask is not None:
            mask = pixels(mask, self.assignment, self.look, filter_)
        return Baked(rgb, mask)


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
    """The samples of a request. Raises MissingFileError for a missing folder or file, BadInputError
    when there is nothing to learn from, or for masks that do not fit.
    """
    if request.project:
        return _of_project(request)
    problems: list[str] = []
    if request.dataset_config or request.in_json:
        samples = sources_files.samples_of(request, problems.append)
    else:
        samples = sources_folder.samples_of(request, problems.append)
    samples = require_chosen(samples, request.categories, problems.append)
    training, held_out = held_apart(samples, problems.append)
    return Sources(tuple(training), tuple(held_out), request.trigger_word, tuple(problems), None)


def _of_project(request: TrainRequest) -> Sources:
    problems: list[str] = []
    project = Project.open(Path(request.project))
    with closing(Library(project.database)) as library:
        samples = training_samples(project, library=library, on_problem=problems.append)
        held_out = [
            sample_of(picture, project) for picture in library.pictures() if picture.is_measured
        ]
    samples = require_chosen(samples, request.categories, problems.append)
    held_out = chosen(held_out, request.categories)
    way = way_of(request)
    found = [on_its_way(sample, way) for sample in samples]
    measured = [on_its_way(sample, way) for sample in held_out]
    if not measured:  # what is held out by hand is enough
        found, measured = held_apart(found, problems.append)
    found += sources_folder.regularization(request, way, problems.append)
    return Sources(
        tuple(found),
        tuple(measured),
        request.trigger_word or project.file.trigger_word,
        tuple(problems),
        project,
    )


def bucket_spec(request: BucketSettings, native_size: int) -> BucketSpec:
    """The buckets of a request, or of a folder in a dataset file; what it leaves open follows the
    model's own size.
    """
    size = request.size or (native_size, native_size)
    low = request.min_bucket_reso or max(1, min(size) // 2)
    high = request.max_bucket_reso or max(size) * 2
    free = request.bucket_no_upscale  # no bound holds then, so none may exclude the resolution
    return BucketSpec(
        resolution=size,
        minimum=min(low, *size) if free else low,
        maximum=max(high, *size) if free else high,
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
    if left := len(training) - len(pictures):
        problems.append(
            Problem("{count} regularization pictures have no partner and are not used.", count=left)
        )
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
        job.progress(
            number,
            len(samples),
            "Reading picture {n} of {all}",
            n=f"{number + 1:,}",
            all=f"{len(samples):,}",
        )
        try:
            rgb = sample.bake().rgb
            assignment = _place(sample, spec, (rgb.shape[1], rgb.shape[0]))
        except StylekilnError as error:
            problems.append(f"{sample.path.name}: {error}")
        else:
            found.append(TrainingPicture(sample, assignment, sample.repeats))
    return found, problems


def _place(sample: Sample, spec: BucketSpec, size: tuple[int, int]) -> Assignment:
    """Where a picture of ``size`` goes. Raises BadInputError."""
    way = sample.way if isinstance(sample, TrainingSample) else Way()
    if way.buckets is not None:
        spec = bucket_spec(way.buckets, spec.resolution[0])
    found = assign(spec, size)
    covers = size[0] >= found.bucket[0] and size[1] >= found.bucket[1]
    if way.pictures.random_crop and not spec.enabled and covers:
        # Without buckets kohya's scripts cut at random out of the picture in its own size.
        return replace(found, resized=size)
    return found


def balanced(pictures: Sequence[TrainingPicture]) -> list[TrainingPicture]:
    """Regularization pictures repeated to match the others of their dataset; those without a
    partner left out.
    """
    plain = [picture for picture in pictures if not picture.regularization]
    found = list(plain)
    for dataset in sorted({picture.way.dataset for picture in pictures}):
        regular = [p for p in pictures if p.regularization and p.way.dataset == dataset]
        draws = sum(picture.repeats for picture in plain if picture.way.dataset == dataset)
        paired = pair_regularization([picture.repeats for picture in regular], draws)
        found += [
            replace(picture, repeats=times)
            for picture, times in zip(regular, paired, strict=True)
            if times
        ]
    return found


def shelf_of(pictures: Sequence[TrainingPicture], batch_size: int) -> Shelf:
    """The batches of a run; datasets without a batch size of their own take ``batch_size``."""
    datasets = [picture.way.dataset for picture in pictures]
    sizes = [batch_size] * (max(datasets) + 1)
    for picture in pictures:
        sizes[picture.way.dataset] = picture.way.batch_size or batch_size
    buckets = [picture.bucket for picture in pictures]
    return shelve(buckets, [picture.repeats for picture in pictures], sizes, datasets)
