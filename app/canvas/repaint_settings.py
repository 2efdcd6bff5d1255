"""How the region is repainted, as the panel shows it and as the document keeps it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from engine.canvas.fills import FillMode
from engine.canvas.region import Surroundings
from engine.models.family import STARTER
from engine.sampling.schedules import evaluations

if TYPE_CHECKING:
    from engine.sampling.request import ImageRequest

# Below, what is there shows through: a plain area stays plain.
LEAST_FROM_NOTHING = 0.9
# What takes an object away begins with: enough to join the pieces, too little for a new object.
REMOVING = 0.45

RepaintMode = Literal["repaint", "remove"]


@dataclass(frozen=True)
class RepaintSettings:
    """What the panel shows. ``loras`` are (file, weight).

    ``mode`` "remove" takes an object away: no prompt says what to paint. ``grow`` and ``feather``
    in pixels, None where they are chosen. ``versions``, (file, weight) too, take the place of the
    LoRA ``varied`` one after the other: candidates of several checkpoints or weights, with the same
    seeds.
    """

    model: str = STARTER
    prompt: str = ""
    negative: str = ""
    loras: tuple[tuple[str, float], ...] = ()
    varied: str = ""
    versions: tuple[tuple[str, float], ...] = ()
    strength: float = 0.6
    count: int = 4
    seed: int = 1
    seed_locked: bool = False
    variation: float = 0.0
    variation_seed: int = 1
    sampler: str = "dpmpp_2m"
    schedule: str = "karras"
    steps: int = 22
    guidance: float = 4.0
    emphasis: str = "a1111"
    mode: RepaintMode = "repaint"
    other_strength: float = REMOVING
    fill: FillMode = "auto"
    grow: int | None = None
    feather: int | None = None
    surroundings: Surroundings = "auto"
    match_color: float = 0.8

    @property
    def fill_mode(self) -> FillMode:
        """What the model starts from: an object that goes is replaced by its surroundings."""
        return "patch" if self.mode == "remove" and self.fill == "auto" else self.fill

    def with_mode(self, mode: RepaintMode) -> RepaintSettings:
        """The same in another mode; each keeps a strength of its own."""
        if mode == self.mode:
            return self
        return replace(self, mode=mode, strength=self.other_strength, other_strength=self.strength)

    @classmethod
    def of(cls, image: ImageRequest) -> RepaintSettings:
        """The settings by which a picture was painted, with its own seed first and kept."""
        return cls(
            model=image.model,
            prompt=image.prompt,
            negative=image.negative_prompt,
            loras=tuple((use.path, use.weight) for use in image.loras),
            strength=image.strength,
            seed=image.seed,
            seed_locked=True,
            variation=image.variation,
            variation_seed=image.variation_seed,
            sampler=image.sampler,
            schedule=image.schedule,
            steps=image.steps,
            guidance=image.guidance_scale,
            emphasis=image.emphasis,
        )

    @property
    def painted_steps(self) -> tuple[int, int]:
        """How many of how many steps are painted at this strength."""
        total, start = evaluations(self.steps, self.strength)
        return total - start, total

    @property
    def strength_stops(self) -> list[float]:
        """The strengths that differ in their number of steps."""
        return [round(step / self.steps, 4) for step in range(1, self.steps + 1)]

    @property
    def from_nothing(self) -> float:
        """The least strength that paints something where nothing is."""
        return next(stop for stop in self.strength_stops if stop >= LEAST_FROM_NOTHING)

    @property
    def lora_sets(self) -> list[tuple[tuple[str, float], ...]]:
        """The LoRAs of each version; one set when nothing varies."""
        if not self.versions or self.varied not in [path for path, _ in self.loras]:
            return [self.loras]
        return [
            tuple(version if path == self.varied else (path, weight) for path, weight in self.loras)
            for version in self.versions
        ]

    def as_values(self) -> dict[str, Any]:
        """All fields by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def as_record(self) -> dict[str, Any]:
        """Plain values to keep with the document."""
        record = {name: getattr(self, name) for name in self.__dataclass_fields__}
        pairs = {
            name: [list(item) for item in getattr(self, name)] for name in ("loras", "versions")
        }
        return record | pairs

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> RepaintSettings:
        """Settings from a document; what a newer version has added is left out."""
        known = {key: value for key, value in record.items() if key in cls.__dataclass_fields__}
        for name in ("loras", "versions"):
            pairs = known.get(name, ())
            known[name] = tuple((str(path), float(weight)) for path, weight in pairs)
        return cls(**known)
