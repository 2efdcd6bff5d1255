"""What is said of candidates and of their requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.canvas.layer_words import lora_name, lora_words
from app.i18n import tr

if TYPE_CHECKING:
    from app.canvas.candidate import Batch, Candidate
    from app.canvas.candidates import Candidates

Uses = tuple[tuple[str, float], ...]


def uses_of(recipe: dict[str, Any]) -> Uses:
    """The LoRAs of a recipe with their weights."""
    loras = (recipe.get("image") or {}).get("loras") or ()
    return tuple((str(use["path"]), float(use["weight"])) for use in loras)


def differing(items: list[Candidate]) -> Uses:
    """The LoRAs that only some of ``items`` use, or with other weights than the rest."""
    sets = [set(uses_of(item.recipe)) for item in items]
    if not sets:
        return ()
    used = {use for one in sets for use in one}
    return tuple(sorted(use for use in used if any(use not in one for one in sets)))


def version_of(item: Candidate, items: list[Candidate]) -> str:
    """What tells this candidate's LoRAs from those of the others; empty when nothing does."""
    varied = differing(items)
    own = [use for use in uses_of(item.recipe) if use in varied]
    if not own:
        return ""
    weights = {weight for _, weight in varied}
    names = {path for path, _ in varied}
    path, weight = own[0]
    if len(names) == 1:
        return f"{weight:.2f}"
    return lora_words(path, weight) if len(weights) > 1 else lora_name(path)


def told(candidates: Candidates, batch: Batch) -> tuple[str, str]:
    """The line over a request: its prompt, and what its candidates have in common."""
    items = candidates.of(batch)
    facts = [f"{batch.strength:.2f}"] if batch.strength else []
    variation = batch.image.get("variation")
    if variation:
        facts.append(tr("{share} % different", share=round(variation * 100)))
    common = set(uses_of(items[0].recipe)) - set(differing(items)) if items else set()
    facts += [lora_words(path, weight) for path, weight in sorted(common)[:1]]
    prompt = " ".join((batch.prompt or items[0].prompt if items else batch.prompt).split())
    return prompt or tr("Region {n}", n=batch.number), ", ".join(facts)


def about(item: Candidate, candidates: Candidates) -> tuple[str, str]:
    """The line under a card: what sets it apart, and its seed or how far it is."""
    if item.state == "failed":
        return tr("Failed"), ""
    version = version_of(item, candidates.of(item.batch))
    if item.state == "running" and item.total:
        first = version or tr("seed {seed}", seed=item.seed)
        return first, f"{item.step} / {item.total}"
    if item.accepted:
        return tr("Accepted"), str(item.seed)
    return (version, str(item.seed)) if version else (tr("seed {seed}", seed=item.seed), "")


def tip(item: Candidate) -> str:
    """All that tells a candidate from others; of one that failed, why."""
    if item.problem:
        return item.problem
    if item.state == "parked":
        return tr("The canvas was closed before it was painted. Click to paint what waits.")
    image = item.recipe.get("image") or {}
    facts = [lora_words(path, weight) for path, weight in uses_of(item.recipe)]
    facts.append(tr("seed {seed}", seed=item.seed))
    if image.get("variation"):
        facts.append(tr("{share} % different", share=round(image["variation"] * 100)))
    return "\n".join([item.prompt, *facts]).strip()
