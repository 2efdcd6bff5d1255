"""What a report says, whatever it is written as: words, curves, tables and pairs of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ClassVar, Literal

from PIL import Image
from pydantic import Field

from engine.runtime.errors import MissingFileError, PictureError, StylekilnError
from engine.runtime.job import Job, Request
from engine.runtime.schema import settings_of
from engine.runtime.words import Words
from engine.validation.dismissed import Dismissal, dismissal_of
from engine.validation.evidence import Evidence
from engine.validation.export.arrangement import Names, facts_of
from engine.validation.export.chart import Chart, chart_of
from engine.validation.export.pictures import jpeg, picture_of
from engine.validation.features_embedded import EmbeddedExtractor
from engine.validation.judging import WORD_LABELS, RowVerdict, Verdict, Word, judge
from engine.validation.learned_pictures import Learned, learned_with, project_of
from engine.validation.limits import Limits
from engine.validation.manifest import Grid
from engine.validation.overfit_data import read_plain
from engine.validation.overfit_rules import Flag, leak, threshold
from engine.validation.overfit_stats import Figure
from engine.validation.sentences import Sentence

PAIRS, SIDE = 4, 256
GOOD: tuple[Word, ...] = ("use", "second", "sound")
SERIOUS = ("copies", "overfit")


class ReportRequest(Request):
    """The verdict over the grid of folder ``grid`` as the file ``path``.

    ``evidence`` is what was measured, ``limits`` what it is held against, ``names`` what
    checkpoints are called, by file, and ``epochs`` where they lie in the charts. ``training`` and
    ``held_out`` count the pictures that were compared with. ``dismissed`` are flags that somebody
    set aside: they are told, struck through.
    """

    handler: ClassVar[str] = "engine.validation.export.run:report"
    title_key: ClassVar[str] = "Report {name}"

    grid: str
    path: str
    format: Literal["html", "pdf"] = "html"
    evidence: Evidence
    limits: Limits = Limits()
    names: dict[str, str] = Field(default_factory=dict)
    epochs: dict[str, int] = Field(default_factory=dict)
    training: int = 0
    held_out: int = 0
    dismissed: tuple[Dismissal, ...] = ()
    note: str = ""
    language: Literal["en", "zh_CN"] = "en"

    @property
    def subject(self) -> str:
        """The name of the grid."""
        return self.grid.replace("\\", "/").rstrip("/").rpartition("/")[2]


@dataclass(frozen=True)
class PicturePair:
    """A generated picture beside its nearest training picture as it was trained on, both JPEG;
    None for one that is gone since.
    """

    generated: bytes | None
    training: bytes | None
    caption: str
    similarity: float


@dataclass(frozen=True)
class FlagPart:
    """A red flag in words, ``detail`` in whole sentences, and the pairs that raise it; why it was
    ``dismissed``, if it was.
    """

    headline: str
    detail: str
    serious: bool
    pairs: tuple[PicturePair, ...]
    dismissed: str = ""


@dataclass(frozen=True)
class TableRow:
    """A line of the table of metrics; ``tone`` is ok, warn, err, or empty for the baseline."""

    texts: tuple[str, ...]
    tone: str
    picked: bool


@dataclass(frozen=True)
class Report:
    """All of it in the words of one language. ``mark`` is ok or warn."""

    title: str
    day: str
    mark: str
    headline: str
    reasons: tuple[str, ...]
    note: str
    chart: Chart | None
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    flags: tuple[FlagPart, ...]
    closest: tuple[PicturePair, ...]
    limits: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]


def report_of(request: ReportRequest, grid: Grid, words: Words, job: Job) -> Report:
    """Judge the evidence and put it into words; pictures are read."""
    verdict = judge(request.evidence, request.limits, request.names)
    return _Reporter(request, grid, verdict, words, job).report()


class _Reporter:
    def __init__(
        self, request: ReportRequest, grid: Grid, verdict: Verdict, words: Words, job: Job
    ) -> None:
        self._request, self._grid, self._verdict = request, grid, verdict
        self.words, self._job = words, job
        self._cells = {cell.id: cell for cell in grid.cells}
        self._names = Names(grid.request, words, request.names)
        self._learned = _learned(grid)
        self._done = 0

    def report(self) -> Report:
        verdict, words = self._verdict, self.words
        picked = verdict.pick
        if picked is not None:
            headline, reasons = self._said(picked.headline), [*picked.reasons]
        else:
            headline, reasons = words("Not enough to judge"), [*verdict.missing, *verdict.unjudged]
        return Report(
            title=self._grid.folder.name,
            day=date.today().isoformat(),
            mark="ok" if picked is not None and picked.sound and picked.sure else "warn",
            headline=headline,
            reasons=tuple(self._said(one) for one in (*reasons, *verdict.notes)),
            note=self._request.note,
            chart=chart_of(verdict, self._request.epochs, words),
            columns=tuple(words(name) for name in _COLUMNS),
            rows=tuple(self._rows()),
            flags=tuple(self._flags()),
            closest=tuple(self._pairs(self._closest())),
            limits=tuple(self._limits()),
            facts=tuple(self._facts()),
        )

    def _said(self, sentence: Sentence) -> str:
        return self.words(sentence.template, **sentence.facts)

    def _rows(self) -> list[TableRow]:
        base = [self._verdict.base] if self._verdict.base is not None else []
        return [self._row(one) for one in (*base, *self._verdict.rows)]

    def _row(self, verdict: RowVerdict) -> TableRow:
        row, figures, picked = verdict.row, verdict.row.figures, self._verdict.pick
        change = leak(row, self._verdict.evidence) if row.checkpoint else None
        texts = (
            _capital(self._verdict.names.get(row.checkpoint, self.words("Base model"))),
            f"{row.weight:g}" if row.checkpoint else "",
            self.words(WORD_LABELS[verdict.word]),
            _plain(row.style_fit),
            _with_interval(figures.diversity, row.diversity),
            _with_interval(figures.copy_mean, row.copying),
            "" if row.copying is None else f"{row.copies} / {row.count}",
            _plain(row.kept),
            _plain(change.value if change is not None else None),
            _with_interval(figures.held_out_loss, None, 4),
            _plain(figures.loss_rise.value if figures.loss_rise is not None else None),
        )
        tone = "" if not row.checkpoint else "ok" if verdict.word in GOOD else "warn"
        if verdict.word in SERIOUS:
            tone = "err"
        at = (row.checkpoint, row.weight)
        return TableRow(
            texts, tone, picked is not None and (picked.checkpoint, picked.weight) == at
        )

    def _flags(self) -> list[FlagPart]:
        parts = []
        for flag in self._verdict.told:
            aside = dismissal_of(flag, self._request.dismissed)
            part = FlagPart(
                self._headline(flag),
                self._detail(flag),
                flag.kind in SERIOUS,
                tuple(self._pairs(flag.cells[:PAIRS])),
                self.words("Dismissed: {reason}", reason=aside.reason) if aside else "",
            )
            parts.append(part)
        return sorted(parts, key=lambda part: bool(part.dismissed))

    def _headline(self, flag: Flag) -> str:
        return _capital(self._said(flag.headline))  # it begins with a name: epoch 2

    def _detail(self, flag: Flag) -> str:
        return self.words.joined([self.words.sentence(self._said(one)) for one in flag.details])

    def _closest(self) -> list[str]:
        """The cells of the pick that come nearest to a training picture."""
        picked = self._verdict.pick
        row = picked and self._verdict.evidence.row(picked.checkpoint, picked.weight)
        return list(row.cells[:PAIRS]) if row else []

    def _pairs(self, identifiers: Sequence[str]) -> list[PicturePair]:
        found = []
        measured_of = self._verdict.evidence.cells
        for identifier in identifiers:
            cell, measured = self._cells.get(identifier), measured_of.get(identifier)
            if cell is None or measured is None:
                continue
            if measured.nearest is None or measured.copying is None:
                continue
            self._job.breathe()
            self._done += 1
            self._job.say("Reading picture {n}", n=self._done)
            generated = picture_of(cell, SIDE)
            at = cell.position
            name = _capital(self._names.checkpoint(at.checkpoint))
            caption = self.words("{name} at weight {weight}", name=name, weight=f"{at.weight:g}")
            found.append(
                PicturePair(
                    None if generated is None else jpeg(generated),
                    self._trained(measured.nearest),
                    caption,
                    measured.copying,
                )
            )
        return found

    def _trained(self, path: Path) -> bytes | None:
        try:
            return jpeg(Image.fromarray(self._learned.small(path, SIDE)))
        except (PictureError, MissingFileError):
            return None

    def _limits(self) -> list[tuple[str, str]]:
        verdict = self._verdict
        values = verdict.limits.model_dump()
        if verdict.evidence.is_compared:  # 0 stands for what the training pictures suggest
            copy = threshold(verdict.evidence, verdict.limits)
            values["copy_similarity"] = round(copy, 2)
        return [(self.words(item.label), f"{values[item.name]:g}") for item in settings_of(Limits)]

    def _background(self) -> list[tuple[str, str]]:
        """How alike training pictures are, where there were any to compare with."""
        words, evidence = self.words, self._verdict.evidence
        if not evidence.is_compared:
            return []
        told = [
            ("Between two training pictures", evidence.between_training),
            ("Held-out pictures to the training", evidence.held_out_copying),
            ("Copy threshold", evidence.threshold),
        ]
        return [(words(name), f"{value:.2f}") for name, value in told if value is not None]

    def _facts(self) -> list[tuple[str, str]]:
        words, request, evidence = self.words, self._grid.request, self._verdict.evidence
        built_in = evidence.extractor.partition(" ")[0] in ("", EmbeddedExtractor.name)
        measured = words("built-in descriptors") if built_in else evidence.extractor
        told: list[tuple[str, str]] = [
            (words("Compared with"), measured),
            (words("Training pictures"), str(self._request.training)),
            (words("Held-out pictures"), str(self._request.held_out)),
            *self._background(),
            (words("Pictures"), str(sum(cell.path is not None for cell in self._cells.values()))),
            (words("Seeds"), ", ".join(map(str, request.seeds))),
            (words("Weights"), ", ".join(f"{weight:g}" for weight in request.weights)),
            *facts_of(self._grid, words),
        ]
        numbered = enumerate(request.prompts, 1)
        return [*told, *((words("Prompt {n}", n=number), prompt) for number, prompt in numbered)]


def _learned(grid: Grid) -> Learned:
    """How training saw what ``grid`` was compared with."""
    try:
        return learned_with(grid.request.checkpoints, project_of(grid.folder))
    except StylekilnError:  # most are gone; those that are left are shown as they lie
        return Learned((), (), read_plain)


_COLUMNS = (
    "Checkpoint",
    "Weight",
    "Verdict",
    "Style fit",
    "Diversity",
    "Copying",
    "Copies",
    "Layout kept",
    "Change, no trigger",
    "Held-out loss",
    "Rise of the loss",
)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _with_interval(figure: Figure | None, value: float | None, places: int = 2) -> str:
    """A value with its 95 % interval where there is one."""
    if figure is None:
        return "" if value is None else f"{value:.{places}f}"
    if figure.low == figure.high:
        return f"{figure.value:.{places}f}"
    return f"{figure.value:.{places}f} ({figure.low:.{places}f}–{figure.high:.{places}f})"
