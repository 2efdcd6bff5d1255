"""What speaks for a checkpoint: measured off the UI thread, judged again whenever a limit moves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.i18n import signals, tr
from app.validation.evidence_work import Assessed, Measuring, Watch
from app.validation.extractor_choice import ExtractorChoice
from app.validation.training_pictures import TrainingPictures
from app.validation.verdict_choices import VerdictChoices
from engine.runtime.errors import JobCancelled, StylekilnError
from engine.validation.evaluate_request import EvaluateRequest
from engine.validation.features_cache import NAME, FeatureCache
from engine.validation.judging import Verdict, judge
from engine.validation.overfit_rules import threshold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.session import Session
    from app.validation.model import GridState
    from engine.project.project import Project
    from engine.validation.evidence import Evidence
    from engine.validation.overfit_rules import Flag
    from engine.validation.pick import Pick
    from engine.validation.planted import PromptKind
    from engine.validation.resolve import Position
    from engine.validation.sentences import Sentence

PAIRS = 8
_POLL_MS = 100
_FORESEE_MS = 150  # after the last move of a limit
KINDS: dict[str, PromptKind] = {
    "seen": "seen",
    "unseen": "unseen",
    "trigger only": "trigger",
    "no trigger": "off",
}
"""What the tags of prompts stand for."""


_NONE: Mapping[str, int] = {}


@dataclass(frozen=True)
class Pair:
    """A generated picture beside the training picture it is nearest to."""

    key: Position
    generated: str
    training: str
    similarity: float
    others: int = 0
    """How many checkpoints and weights drew this prompt and seed near the same picture too."""


class EvidenceState(QObject):
    """The evidence of the grid shown with its verdict, or why there is none.

    ``changed`` tells of both, ``progressed`` of a measurement under way.
    """

    changed = Signal()
    progressed = Signal()

    def __init__(self, session: Session, state: GridState) -> None:
        super().__init__(state)
        self._session = session
        self._state = state
        self._watch: Watch | None = None
        self._cache: tuple[Path, FeatureCache] | None = None
        self._found: Assessed | None = None
        self._places: dict[str, Position] = {}
        self.evidence: Evidence | None = None
        self._verdict: Verdict | None = None
        self.problem: StylekilnError | None = None
        self.cancelled = False
        self.measured_by = ExtractorChoice(session)
        self.choices = VerdictChoices(session, self)
        self.choices.changed.connect(self.judge)
        self.training = TrainingPictures(session, self)
        self._polling = QTimer(self, interval=_POLL_MS)
        self._polling.timeout.connect(self.progressed)
        self._foreseeing = QTimer(self, interval=_FORESEE_MS, singleShot=True)
        self._foreseeing.timeout.connect(lambda: session.start(self._foresee()))
        signals.changed.connect(self.judge)

    def clear(self) -> None:
        """Nothing is known about the grid shown."""
        self.cancel()
        self.cancelled = False
        self._take(None)

    async def follow(self) -> None:
        """Another project is open: read what was decided there."""
        await self.choices.follow()
        await self.measured_by.follow()

    # Measuring

    @property
    def measuring(self) -> bool:
        """Whether the grid is being measured."""
        return self._watch is not None

    @property
    def progress(self) -> tuple[int, int]:
        """How many pictures are measured, of how many."""
        watch = self._watch
        return (watch.done, watch.total) if watch is not None else (0, 0)

    @property
    def training_count(self) -> int:
        """How many training pictures it was measured against."""
        return len(self._found.learned.training) if self._found is not None else 0

    def cancel(self) -> None:
        """Stop measuring; what was measured is kept, so that another start goes on from there."""
        if self._watch is not None:
            self._watch.cancel()
            self.cancelled = True
            self._end()

    def _end(self) -> None:
        self._watch = None
        self._polling.stop()
        self.changed.emit()

    async def measure(self) -> None:
        """Measure the grid shown against what its run learned; a newer wish replaces this one."""
        request, library = self._state.request, self._session.library
        project = self._session.project
        if request is None or library is None or project is None:
            return
        self.cancel()
        watch = self._watch = Watch()
        self.cancelled, self.problem = False, None
        self._polling.start()
        self.changed.emit()
        found, problem = None, None
        try:
            measuring = Measuring(
                Path(request.folder),
                project,
                await self._session.bridge.io(library.pictures),
                self.prompt_kinds(),
                self._cache_of(project),
            )
            found = await self._measured(measuring, watch)
        except JobCancelled:
            self.cancelled |= watch is self._watch  # in the queue, not here
            return
        except StylekilnError as error:
            problem = error  # such as nothing drawn yet, or no training pictures
        finally:
            if watch is self._watch:
                self._end()
        if request is self._state.request and not self.measuring:
            self._take(found, problem)

    async def _measured(self, measuring: Measuring, watch: Watch) -> Assessed:
        """By the built-in descriptors beside the engine; by a model of the user in its thread."""
        bridge = self._session.bridge
        if not self.measured_by.path:
            return await bridge.behind(measuring.run, watch)
        request = EvaluateRequest(
            folder=str(measuring.folder),
            project=str(measuring.project.root),
            extractor=self.measured_by.path,
            prompts=dict(measuring.prompts),
        )
        job = bridge.submit(request)
        watch.follow(job)
        verdict: Verdict = await asyncio.wrap_future(job)
        return await bridge.behind(measuring.with_evidence, verdict.evidence)

    def prompt_kinds(self) -> dict[str, PromptKind]:
        """What each prompt of the grid asks for, where that is known."""
        tags = self._state.tags
        prompts = self._state.axes.prompts
        return {text: KINDS[tags[text]] for text in prompts if tags.get(text) in KINDS}

    def _cache_of(self, project: Project) -> FeatureCache:
        """The features of the project's pictures: of one that was measured nothing is read."""
        path = project.cache / NAME
        if self._cache is None or self._cache[0] != path:
            self._cache = path, FeatureCache(path)
        return self._cache[1]

    def _take(self, found: Assessed | None, problem: StylekilnError | None = None) -> None:
        self._found, self.problem = found, problem
        self.evidence = found.evidence if found is not None else None
        self.training.use(found.learned if found is not None else None)
        self._places = {}
        if found is not None:
            self._places = {cell.id: cell.position for cell in found.grid.cells}
            self._spread(found)
        self.judge()

    # Judging

    def judge(self) -> None:
        """Judge what was measured with the limits of the moment; nothing is measured again. What
        other limits would change is told a little later.
        """
        evidence = self.evidence
        self._verdict = None
        if evidence is not None:
            limits = self.choices.limits
            self._verdict = judge(evidence, limits, self.names(), foresee=False)
            self._foreseeing.start()
            self._state.copy_limit = threshold(evidence, limits)
        picked = self.pick()
        if picked is not None:
            self._state.set_pick(picked.checkpoint, picked.weight)
        else:
            self._state.set_pick("", None)
        self.changed.emit()

    async def _foresee(self) -> None:
        verdict = self._verdict
        if verdict is None:
            return
        whole = partial(judge, verdict.evidence, verdict.limits, verdict.names)
        found = await self._session.bridge.behind(whole)
        if verdict is self._verdict:
            self._verdict = found
            self.changed.emit()

    def names(self) -> dict[str, str]:
        """What sentences call each checkpoint, in the language of the moment."""
        evidence, known = self.evidence, self._state.checkpoints
        paths = {row.checkpoint for row in evidence.rows if row.checkpoint} if evidence else set()
        found = {}
        for path in paths:
            item = known.get(path)
            if item is not None and item.epoch:
                found[path] = tr("epoch {epoch}", epoch=item.epoch)
            else:
                found[path] = item.name if item is not None else Path(path).stem
        return found

    def left_out(self) -> list[str]:
        """The checkpoints of the runs shown that are not in the grid."""
        if self.evidence is None or self._state.request is None:
            return []
        asked = set(self._state.request.checkpoints)
        folders = {Path(path).parent for path in asked if path}
        return [
            tr("epoch {epoch}", epoch=item.epoch) if item.epoch else item.name
            for path, item in self._state.checkpoints.items()
            if path not in asked and Path(path).parent in folders
        ]

    def _spread(self, found: Assessed) -> None:
        """Tell each cell its nearest training picture."""
        for cell in found.grid.cells:
            measured = found.evidence.cells.get(cell.id)
            if measured is not None:
                nearest = str(measured.nearest or "")
                self._state.set_evidence(cell.position, measured.copying, nearest)

    def lacking(self) -> tuple[Sentence, ...]:
        """What the grid would have to show for a pick; empty when that is there, or nothing is."""
        return self._verdict.missing if self._verdict is not None else ()

    def unjudged(self) -> tuple[Sentence, ...]:
        """What nobody can tell, because pictures of the training are gone."""
        return self._verdict.unjudged if self._verdict is not None else ()

    def only_seen(self) -> bool:
        """Whether the training pictures show all that was drawn."""
        tags = self._state.tags
        prompts = self._state.axes.prompts
        return bool(prompts) and all(tags.get(text) == "seen" for text in prompts)

    def verdict(self) -> Verdict | None:
        """What the grid says about every checkpoint, in the language of the moment."""
        return self._verdict

    def pick(self) -> Pick | None:
        """The recommendation in the language of the moment."""
        return self._verdict.pick if self._verdict is not None else None

    def told(self) -> tuple[Flag, ...]:
        """Every flag, also those that were set aside, the gravest first."""
        return tuple(self._verdict.told) if self._verdict is not None else ()

    def flags(self, *, dismissed: bool = False) -> list[Flag]:
        """What there is to tell against checkpoints: one flag of a kind and checkpoint, the gravest
        first; those that were set aside, or those that were not.
        """
        if self._verdict is None:
            return []
        return [
            flag
            for flag in self._verdict.told
            if (self.choices.dismissal(flag) is not None) == dismissed
        ]

    def places_of(self, flag: Flag) -> list[Position]:
        """The pictures that raise ``flag``, the most telling first: of one for lost variety those
        of the prompt whose seeds differ least.
        """
        cells = flag.cells
        if flag.kind == "variety" and self.evidence is not None:
            at = (flag.checkpoint, flag.weight)
            rows = (row for row in self.evidence.rows if (row.checkpoint, row.weight) == at)
            cells = next((row.alike for row in rows if row.alike), cells)
        return [self._places[one] for one in cells if one in self._places]

    # Pairs

    def place_of(self, identifier: str) -> Position | None:
        """Where in the grid a cell is."""
        return self._places.get(identifier)

    def pairs(self, order: str = "alike") -> list[Pair]:
        """The pictures drawn with a LoRA that are most like a training picture; with the orders
        ``unlike`` those that are least, and ``grid`` the first ones of the grid.
        """
        evidence = self.evidence
        if evidence is None:
            return []
        drawn = [
            identifier
            for identifier, place in self._places.items()
            if place.uses_lora and identifier in evidence.cells
        ]
        if order != "grid":
            sign = 1 if order == "unlike" else -1
            drawn.sort(key=lambda one: sign * (evidence.cells[one].copying or 0.0))
        groups: dict[tuple[str, int, str], list[str]] = {}
        for one in drawn:
            place, nearest = self._places[one], str(evidence.cells[one].nearest)
            groups.setdefault((place.prompt, place.seed, nearest), []).append(one)
        first = list(groups.values())[:PAIRS]
        others = {members[0]: len(members) - 1 for members in first}
        return self.pairs_of([members[0] for members in first], others)

    def pair_at(self, key: Position | None) -> Pair | None:
        """The cell at ``key`` beside its training picture, where that was measured."""
        cell = self._state.cell(key)
        if key is None or cell is None or not cell.nearest or cell.copying is None:
            return None
        return Pair(key, cell.path, cell.nearest, cell.copying)

    def pairs_of(self, cells: Sequence[str], others: Mapping[str, int] = _NONE) -> list[Pair]:
        """These ``cells`` in their order, beside the training pictures they are nearest to;
        ``others`` tells how many more each stands for.
        """
        pairs = []
        for identifier in cells:
            place = self._places.get(identifier)
            measured = self.evidence.cells.get(identifier) if self.evidence is not None else None
            cell = self._state.cell(place)
            if place is None or cell is None or measured is None:
                continue
            if measured.nearest is None or measured.copying is None:
                continue
            nearest, more = str(measured.nearest), others.get(identifier, 0)
            pairs.append(Pair(place, cell.path, nearest, measured.copying, more))
        return pairs
