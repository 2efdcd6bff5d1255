"""What a report says, whatever it is written as: the answer on one page, then its evidence."""

from __future__ import annotations

import struct
from datetime import date
from pathlib import Path

from engine.models.hashes import data_sha256, file_sha256
from engine.runtime.errors import StylekilnError
from engine.runtime.job import Job
from engine.runtime.words import Words
from engine.validation.approve import require_judged
from engine.validation.dismissed import dismissal_of
from engine.validation.export.arrangement import Names, facts_of
from engine.validation.export.chart import chart_of
from engine.validation.export.report_parts import FlagPart, LimitRow, Report, TableRow
from engine.validation.export.report_pictures import ReportPictures
from engine.validation.export.report_request import ReportRequest
from engine.validation.features_embedded import EmbeddedExtractor
from engine.validation.judging import GOOD, SERIOUS, WORD_LABELS, RowVerdict, Verdict, judge
from engine.validation.learned_pictures import project_of
from engine.validation.limit_readings import MAIN, MORE, LimitReading, read
from engine.validation.manifest import Grid
from engine.validation.overfit_rules import Flag, copies, leak, threshold
from engine.validation.overfit_stats import Figure
from engine.validation.sentences import Sentence, decimal


def report_of(request: ReportRequest, grid: Grid, words: Words, job: Job) -> Report:
    """Judge the evidence and put it into words; pictures and the judged file are read."""
    verdict = judge(request.evidence, request.limits, request.names, foresee=False)
    return _Reporter(request, grid, verdict, words, job).report()


class _Reporter:
    def __init__(
        self, request: ReportRequest, grid: Grid, verdict: Verdict, words: Words, job: Job
    ) -> None:
        self._request, self._grid, self._verdict = request, grid, verdict
        self.words = words
        names = Names(grid.request, words, request.names)
        self._pictures = ReportPictures(grid, verdict.evidence, names, words, job)

    def report(self) -> Report:
        verdict, words = self._verdict, self.words
        row, approved = self._subject, self._request.approved
        note = words("Note: {note}", note=approved.note) if approved and approved.note else ""
        return Report(
            title=self._grid.folder.name,
            day=date.today().isoformat(),
            about=tuple(self._about()),
            mark=self._mark,
            headline=self._headlines[0],
            reasons=(*self._headlines[1:], *self._reasons()),
            note=note,
            subject=words("of what is approved" if approved else "of what is recommended"),
            compared=self._pictures.compared(row.row) if row is not None else (),
            limits=tuple(self._limits(row)) if row is not None else (),
            chart=chart_of(verdict, self._request.epochs, words, self._at),
            columns=tuple(words(name) for name in _COLUMNS),
            rows=tuple(self._rows()),
            flags=tuple(self._flags()),
            closest=self._pictures.pairs(row.row.cells) if row is not None else (),
            facts=tuple(self._facts()),
        )

    @property
    def _at(self) -> tuple[str, float] | None:
        """Checkpoint and weight that the report is about: approved, else recommended."""
        found = self._request.approved or self._verdict.pick
        return (found.checkpoint, found.weight) if found is not None else None

    @property
    def _agrees(self) -> bool:
        """Whether what is recommended is also what the report is about."""
        picked = self._verdict.pick
        return picked is not None and (picked.checkpoint, picked.weight) == self._at

    @property
    def _mark(self) -> str:
        picked, row = self._verdict.pick, self._subject
        if picked is not None and self._agrees:
            return "ok" if picked.sound and picked.sure else "warn"
        good = row is not None and row.word in GOOD and not row.elsewhere
        return "ok" if good else "warn"

    @property
    def _headlines(self) -> list[str]:
        """What is approved, and what is recommended where that is something else."""
        words, picked, approved = self.words, self._verdict.pick, self._request.approved
        told = words("Not enough to judge") if picked is None else self._said(picked.headline)
        if approved is None:
            return [told]
        name = self._verdict.names.get(approved.checkpoint, Path(approved.checkpoint).stem)
        weight = f"{approved.weight:g}"
        headline = words("Approved for the team: {name} at {weight}.", name=name, weight=weight)
        if self._agrees:
            return [headline]
        differs = words("The approval differs from the recommendation, which is:")
        unseen = [] if self._subject is not None else [words("The grid does not show this weight.")]
        return [headline, *unseen, differs, told]

    def _reasons(self) -> list[str]:
        verdict, picked = self._verdict, self._verdict.pick
        reasons = picked.reasons if picked is not None else (*verdict.missing, *verdict.unjudged)
        told = [self._said(one) for one in (*reasons, *verdict.notes)]
        if self._request.left_out:
            names = ", ".join(self._request.left_out)
            told.append(self.words("Not in this grid: {names}.", names=names))
        return told

    @property
    def _subject(self) -> RowVerdict | None:
        """The row that the report is about; None where the grid does not show it."""
        at = self._at
        rows = self._verdict.rows
        return next((one for one in rows if (one.row.checkpoint, one.row.weight) == at), None)

    def _said(self, sentence: Sentence) -> str:
        facts = dict(sentence.facts)
        return self.words(sentence.template, **facts)

    def _about(self) -> list[tuple[str, str]]:
        """Which file is judged, and whose it is. No path of the computer is told."""
        words, at, told = self.words, self._at, []
        project = _project_name(self._grid)
        if project:
            told.append((words("Project"), project))
        told.append((words("Grid"), self._grid.folder.name))
        if self._request.run:
            told.append((words("Run"), self._request.run))
        if at is not None:
            path = Path(at[0])
            told.append((words("File"), path.name))
            told += self._content(at[0])
        return told

    def _content(self, checkpoint: str) -> list[tuple[str, str]]:
        """The hash that the pictures were drawn with, and whether the file is still that one. The
        hash of the weights is only known while it is.
        """
        words, path = self.words, Path(checkpoint)
        drawn, now = self._grid.files.get(checkpoint, ""), _digest(path)
        if not drawn and now and _is_judged(self._grid, checkpoint):
            drawn = now  # a grid that noted no hashes: its cells are named by them
        told = [(words("SHA-256 of the file"), drawn or words("not known"))]
        if not now:
            told.append((words("File now"), words("the file is gone")))
        elif now != drawn:
            changed = words("another one than the pictures were drawn with")
            told.append((words("File now"), changed))
        elif weights := _weights_hash(path):
            told.insert(0, (words("Hash of the weights"), weights))
        return told

    def _limits(self, row: RowVerdict) -> list[LimitRow]:
        return [self._limit(read(name, row, self._verdict)) for name in (*MAIN, *MORE)]

    def _limit(self, reading: LimitReading) -> LimitRow:
        places = 0 if reading.is_whole else 2
        limit = f"{self.words(reading.relation)} {decimal(reading.limit, places)}"
        label, figure = self.words(reading.label), reading.figure
        if figure is None:
            return LimitRow(label, self.words(reading.why) if reading.why else "", limit, None)
        value = _with_interval(figure, None) if places else _whole(figure)
        if reading.why:
            value = f"{value} {self.words(reading.why)}"
        return LimitRow(label, value, limit, reading.holds)

    def _rows(self) -> list[TableRow]:
        base = [self._verdict.base] if self._verdict.base is not None else []
        return [self._row(one) for one in (*base, *self._verdict.rows)]

    def _row(self, verdict: RowVerdict) -> TableRow:
        row, figures = verdict.row, verdict.row.figures
        change = leak(row, self._verdict.evidence) if row.checkpoint else None
        counted = copies(row, self._verdict.evidence, self._verdict.limits)
        texts = (
            _capital(self._verdict.names.get(row.checkpoint, self.words("Base model"))),
            row.weight_label if row.checkpoint else "",
            self.words(WORD_LABELS[verdict.word]),
            _with_interval(figures.fit, row.style_fit),
            _with_interval(figures.diversity, row.diversity),
            _with_interval(figures.copy_mean, row.copying),
            "" if row.copying is None else f"{counted} / {row.count}",
            _plain(row.kept),
            _plain(change.value if change is not None else None),
            _with_interval(figures.held_out_loss, None, 4),
            _plain(figures.loss_rise.value if figures.loss_rise is not None else None),
        )
        tone = "" if not row.checkpoint else "ok" if verdict.word in GOOD else "warn"
        if verdict.word in SERIOUS:
            tone = "err"
        return TableRow(texts, tone, (row.checkpoint, row.weight) == self._at)

    def _flags(self) -> list[FlagPart]:
        parts = []
        for flag in self._verdict.told:
            aside = dismissal_of(flag, self._request.dismissed)
            part = FlagPart(
                self._headline(flag),
                self._detail(flag),
                flag.kind in SERIOUS,
                self._pictures.pairs(flag.cells),
                self.words("Dismissed: {reason}", reason=aside.reason) if aside else "",
            )
            parts.append(part)
        return sorted(parts, key=lambda part: bool(part.dismissed))

    def _headline(self, flag: Flag) -> str:
        return _capital(self._said(flag.headline))  # it begins with a name: epoch 2

    def _detail(self, flag: Flag) -> str:
        return self.words.joined([self.words.sentence(self._said(one)) for one in flag.details])

    def _background(self) -> list[tuple[str, str]]:
        """How alike training pictures are, where there were any to compare with."""
        words, evidence = self.words, self._verdict.evidence
        if not evidence.is_compared:
            return []
        told = [
            ("Between two training pictures", evidence.between_training),
            ("Held-out pictures to the training", evidence.held_out_copying),
            ("Copy threshold", threshold(evidence, self._verdict.limits)),
        ]
        return [(words(name), decimal(value)) for name, value in told if value is not None]

    def _facts(self) -> list[tuple[str, str]]:
        words, request, evidence = self.words, self._grid.request, self._verdict.evidence
        built_in = evidence.extractor.partition(" ")[0] in ("", EmbeddedExtractor.name)
        measured = words("built-in descriptors") if built_in else evidence.extractor
        told: list[tuple[str, str]] = [
            (words("Compared with"), measured),
            (words("Training pictures"), str(self._request.training)),
            (words("Held-out pictures"), str(self._request.held_out)),
            *self._background(),
            (
                words("Pictures"),
                str(len({one.id for one in self._grid.cells if one.path is not None})),
            ),
            (words("Seeds"), ", ".join(map(str, request.seeds))),
            (words("Weights"), ", ".join(f"{weight:g}" for weight in request.weights)),
            *facts_of(self._grid, words),
        ]
        numbered = enumerate(request.prompts, 1)
        return [*told, *((words("Prompt {n}", n=number), prompt) for number, prompt in numbered)]


_COLUMNS = (
    "Checkpoint",
    "Weight",
    "Verdict",
    "Style fit",
    "Diversity",
    "Copying",
    "Share of copies",
    "Subjects kept",
    "Change without the trigger",
    "Held-out loss",
    "Rise of the held-out loss",
)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _project_name(grid: Grid) -> str:
    try:
        project = project_of(grid.folder)
    except StylekilnError:
        return ""
    return project.file.name if project is not None else ""


def _is_judged(grid: Grid, checkpoint: str) -> bool:
    try:
        require_judged(grid, checkpoint)
    except StylekilnError:
        return False
    return True


def _digest(path: Path) -> str:
    try:
        return file_sha256(path)
    except StylekilnError:
        return ""


def _weights_hash(path: Path) -> str:
    """The first 12 hex digits in fours, as the models page shows them; empty for another file."""
    try:
        digest = data_sha256(path)[:12]
    except (StylekilnError, OSError, struct.error):  # gone, or not safetensors
        return ""
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def _plain(value: float | None) -> str:
    return "" if value is None else decimal(value)


def _whole(figure: Figure) -> str:
    return decimal(figure.value, 0)


def _with_interval(figure: Figure | None, value: float | None, places: int = 2) -> str:
    """A value with its 95 % interval where there is one."""
    if figure is None:
        return "" if value is None else decimal(value, places)
    if figure.low == figure.high:
        return decimal(figure.value, places)
    ends = f"{decimal(figure.low, places)}–{decimal(figure.high, places)}"
    return f"{decimal(figure.value, places)} ({ends})"
