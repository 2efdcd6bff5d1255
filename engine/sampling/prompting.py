"""What the model is told in each step of a batch: every prompt encoded once, chosen by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.prompt.encode import Conditioning, EncodingCache, count_tokens, encode
from engine.prompt.schedule import Course, course
from engine.sampling.request import ImageRequest, Shot
from engine.sampling.schedules import evaluations

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel


@dataclass(frozen=True)
class Saying:
    """What is said in one step. ``negative`` has a row for each picture [B, ...], ``positive`` one
    for each voice; ``owners`` are their pictures and ``weights`` how strongly they act. ``alike``
    is whether both sides say the same: guidance leads nowhere then.
    """

    positive: Conditioning
    negative: Conditioning
    owners: tuple[int, ...]
    weights: tuple[float, ...]
    alike: bool = False

    @property
    def plain(self) -> bool:
        """Whether every picture has one voice of weight 1."""
        return self.owners == tuple(range(len(self.owners))) and set(self.weights) == {1.0}


class Prompting:
    """The prompts of ``shots`` over ``steps`` steps, with the adapters that are active now."""

    def __init__(
        self,
        model: LoadedModel,
        recipe: ImageRequest,
        shots: Sequence[Shot],
        steps: int,
        *,
        cache: EncodingCache,
    ) -> None:
        self._steps = steps
        self._courses = [
            _courses(recipe, shot.prompt, shot.negative_prompt, steps) for shot in shots
        ]
        self._said = _texts(positive for positive, _ in self._courses)
        self._kept_out = _texts(negative for _, negative in self._courses)
        self._positive, self._negative = encode(
            model,
            self._said,
            self._kept_out,
            clip_skip=recipe.clip_skip,
            emphasis=recipe.emphasis,
            cache=cache,
        )
        self._made: tuple[object, Saying] | None = None

    def at(self, step: int) -> Saying:
        """What is said in ``step`` (from 0)."""
        now = [(positive[step], negative[step]) for positive, negative in self._courses]
        if self._made is None or self._made[0] != now:
            self._made = now, self._saying(step)
        return self._made[1]

    def _saying(self, step: int) -> Saying:
        voices = [
            (number, voice)
            for number, (positive, _) in enumerate(self._courses)
            for voice in positive[step]
        ]
        negatives = [negative[step][0].text for _, negative in self._courses]
        return Saying(
            self._positive.rows([self._said.index(voice.text) for _, voice in voices]),
            self._negative.rows([self._kept_out.index(text) for text in negatives]),
            tuple(number for number, _ in voices),
            tuple(voice.weight for _, voice in voices),
            all(voice.text == negatives[number] for number, voice in voices),
        )


def windows_of(model: LoadedModel, recipe: ImageRequest, prompt: str, negative: str) -> int:
    """Tokens the longest text of a picture has room for, in whole windows."""
    total, start = evaluations(recipe.steps, recipe.strength if recipe.init_image else 1.0)
    texts = _texts(_courses(recipe, prompt, negative, total - start))
    return max(count_tokens(model, text, recipe.emphasis)[1] for text in texts)


def _courses(recipe: ImageRequest, prompt: str, negative: str, steps: int) -> tuple[Course, Course]:
    return (
        course(prompt, steps, recipe.emphasis),
        course(negative, steps, recipe.emphasis, together=False),
    )


def _texts(courses: Iterable[Course]) -> list[str]:
    """Every text that is said, once, in order."""
    said = (voice.text for one in courses for voices in one for voice in voices)
    return list(dict.fromkeys(said))
