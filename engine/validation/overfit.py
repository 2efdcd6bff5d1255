"""Is a LoRA learned or memorized: the measures, each with its formula, source and limits.

E is an :class:`~engine.validation.features.Extractor`, <.,.> the cosine of its vectors, T the
training pictures, V those held out, G the pictures of one checkpoint at one weight, and c(g) the
largest <E(g), E(t)> over T and the shapes in which copies of t are looked for. Intervals are of
95 %, over prompts (:mod:`engine.validation.overfit_stats`). There is no total score:
:mod:`engine.validation.overfit_rules` reads these against the base model and the background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.validation import style
from engine.validation.copying import copied
from engine.validation.features import unit
from engine.validation.overfit_stats import (
    COSINE,
    SHARE,
    Figure,
    Statistic,
    figure,
    mean_of,
    percentile_of,
)


@dataclass(frozen=True)
class Figures:
    """The measures of one row; None where the grid does not show enough to take them.

    See the function of the same name for each. ``vendi_ratio`` and ``following_change`` are against
    the base model's pictures of the same prompts and seeds (1 and 0 are no change), ``change`` and
    ``bleed`` are distances to them.
    """

    fit: Figure | None = None
    copy_mean: Figure | None = None
    copy_p90: Figure | None = None
    copy_share: Figure | None = None
    excess: Figure | None = None
    entropy: Figure | None = None
    diversity: Figure | None = None
    vendi: Figure | None = None
    vendi_ratio: Figure | None = None
    change: Figure | None = None
    bleed: Figure | None = None
    trigger_effect: Figure | None = None
    following: Figure | None = None
    following_change: Figure | None = None
    held_out_loss: Figure | None = None
    loss_rise: Figure | None = None


NOTHING = Figures()


def fit(styles: np.ndarray, wanted: np.ndarray, base: np.ndarray, prompts: Sequence[str]) -> Figure:
    """How far G went from the base model's style (0) to the wanted one (1): ``style_fit``.

    Source: ours, :func:`engine.validation.style.style_fit`; ``styles`` are the style measures of G,
    ``wanted`` of V and ``base`` of the weight-0 row. Limits: it measures edges, colors, outline and
    detail, not meaning; without V the training pictures stand in, which rewards copying a little.
    """

    def statistic(weights: np.ndarray) -> np.ndarray:
        means = weights @ styles / weights.sum(axis=1, keepdims=True)
        return style.style_fits(means, wanted, base)

    return figure(prompts, statistic, SHARE)


def copy_mean(copying: np.ndarray, prompts: Sequence[str]) -> Figure:
    """mean of c(g) over G.

    Source: nearest-neighbor copy score of Somepalli et al., "Diffusion Art or Digital Forgery?"
    (CVPR 2023). Limits: the level belongs to the extractor and to how alike the training pictures
    are, so it is only read beside the train-train and held-out-train backgrounds.
    """
    return figure(prompts, mean_of(copying), COSINE)


def copy_p90(copying: np.ndarray, prompts: Sequence[str]) -> Figure:
    """The value of c(g) that 90 % of G do not exceed.

    Source: as :func:`copy_mean`, which reports upper percentiles because a few copies vanish in a
    mean. Limits: of fewer than ten pictures it is the largest one.
    """
    return figure(prompts, percentile_of(copying, 0.9), COSINE)


def copy_share(copying: np.ndarray, prompts: Sequence[str], threshold: float) -> Figure:
    """Share of G with c(g) above ``threshold``.

    Source: as :func:`copy_mean`, with 0.5 for SSCD; here the threshold is calibrated on the
    training pictures (:func:`engine.validation.copying.copy_threshold`) unless the user sets one.
    Limits: a threshold is a line in a slope; look at the pairs. Where no prompt has a copy, or all
    have nothing else, there is no interval.
    """
    return figure(prompts, mean_of(copied(copying, threshold).astype(float)), SHARE)


def excess(copying: np.ndarray, prompts: Sequence[str], unseen: float) -> Figure:
    """mean of c(g) over G minus ``unseen``, the mean of c(v) over V.

    Above 0, generated pictures are nearer to the training pictures than real art that was not
    trained on. Source: the same comparison is made with held-out data by Meehan et al., "A
    Non-Parametric Test to Detect Data-Copying" (AISTATS 2020). Limits: needs V of the same kind as
    T; without any, the train-train background stands in, which hides copying in repetitive sets.
    Prompts that are captions of T bring pictures nearer to T without any copying.
    """
    return figure(prompts, lambda weights: mean_of(copying)(weights) - unseen)


def entropy(nearest: np.ndarray, prompts: Sequence[str], training: int) -> Figure | None:
    """-sum h ln h / ln min(prompts, training), at most 1; h_t is the share of G nearest to t.

    Low: a few training pictures attract everything, whatever is asked for. Source: the "black hole"
    ranking of face LoRA checks, as an entropy. It would be over ln(training), were G unlimited:
    with at least as many prompts as training pictures it is. But pictures of one prompt have one
    subject and share their nearest picture rightly, so a sound model shows about as many as there
    are prompts: of 6 prompts and 40 training pictures it would reach no more than 0.49, and every
    check would raise the sign. Hence 1 is a training picture for each prompt. Limits: a few that
    attract all, but as many as there are prompts, are not seen; with one prompt it says nothing
    (None), and little with fewer than six.
    """
    most = min(len(set(prompts)), training)
    if most < 2:
        return None
    hits = np.zeros((len(nearest), training))
    hits[np.arange(len(nearest)), nearest] = 1.0

    def statistic(weights: np.ndarray) -> np.ndarray:
        share = weights @ hits / weights.sum(axis=1, keepdims=True)
        logs = np.log(share, out=np.zeros_like(share), where=share > 0)
        return np.minimum(-(share * logs).sum(axis=1) / np.log(most), 1.0)

    return figure(prompts, statistic, SHARE)


def diversity(features: np.ndarray, prompts: Sequence[str]) -> Figure | None:
    """mean over prompts of the mean of 1 - <E(g), E(g')> over pairs of seeds, 0 to 1.

    Two pictures less alike than nothing (a cosine below 0) count as wholly different. Falls when
    one prompt always gives the same picture. Source: intra-cluster pairwise distance of
    Ojha et al., "Few-shot Image Generation via Cross-domain Correspondence" (CVPR 2021), with E in
    place of LPIPS. Limits: noise is diverse too; read it beside the style and the prompts. None
    with one seed.
    """
    found = _differences(features, prompts)
    if not found:
        return None
    return figure(list(found), mean_of(np.array([value for _, value in found.values()])), SHARE)


def most_alike(features: np.ndarray, prompts: Sequence[str]) -> tuple[int, ...]:
    """The places of the pictures of that prompt whose seeds differ least; none with one seed."""
    found = _differences(features, prompts)
    return tuple(min(found.values(), key=lambda one: one[1])[0]) if found else ()


def _differences(
    features: np.ndarray, prompts: Sequence[str]
) -> dict[str, tuple[list[int], float]]:
    """Where the pictures of each prompt with several are, and their mean difference."""
    found = {}
    for prompt in dict.fromkeys(prompts):
        places = [place for place, other in enumerate(prompts) if other == prompt]
        if len(places) > 1:
            pairs = _cosines(features[places])[np.triu_indices(len(places), 1)]
            found[prompt] = (places, float(np.clip(1.0 - pairs, 0.0, 1.0).mean()))
    return found


def vendi(features: np.ndarray) -> Figure | None:
    """exp(-sum l ln l) over the eigenvalues l of K / n, K the cosines of n pictures; 1 to n.

    The effective number of different pictures. Source: Friedman and Dieng, "The Vendi Score"
    (TMLR 2023). Limits: grows with n, so it is only compared between rows of the same prompts and
    seeds; extractors whose cosines are all high (CLIP) press it towards 1. No interval.
    """
    if len(features) < 2:
        return None
    values = np.linalg.eigvalsh(_cosines(features) / len(features))
    values = values[values > 1e-9]
    values = values / values.sum()
    return Figure.plain(float(np.exp(-(values * np.log(values)).sum())))


def vendi_ratio(features: np.ndarray, base: np.ndarray) -> Figure | None:
    """:func:`vendi` of G over that of the base model's pictures of the same prompts and seeds.

    Below 1 the LoRA draws fewer different pictures. Limits: a style that makes all pictures more
    alike lowers it as well, which is what was asked for.
    """
    ours, theirs = vendi(features), vendi(base)
    if ours is None or theirs is None:
        return None
    return Figure.plain(ours.value / theirs.value)


def change(features: np.ndarray, base: np.ndarray, prompts: Sequence[str]) -> Figure | None:
    """mean of 1 - <E(g), E(b)>, b the base model's picture of the same prompt and seed, 0 to 1.

    Over prompts without the trigger word this is bleed: what the LoRA changes unasked. Source: the
    prior preservation measure of DreamBooth (Ruiz et al., CVPR 2023), against weight 0. Limits: it
    tells that something changed, not whether for the better.
    """
    if not len(features):
        return None
    return figure(prompts, mean_of(how_far(features, base)), SHARE)


def how_far(features: np.ndarray, base: np.ndarray) -> np.ndarray:
    """1 - cosine of each row ``[n, d]`` with that of ``base``, 0..1; 0 where both are empty."""
    same = np.clip((unit(features) * unit(base)).sum(axis=1), -1.0, 1.0)
    same[~(features.any(axis=1) | base.any(axis=1))] = 1.0
    return np.clip(1.0 - same, 0.0, 1.0)


def following(pictures: np.ndarray, texts: np.ndarray, prompts: Sequence[str]) -> Figure:
    """mean of <E(g), E(prompt of g)> with a text-image model (CLIP-T), -1 to 1.

    Source: CLIPScore, Hessel et al. (EMNLP 2021). Limits: CLIP reads 77 tokens, knows neither
    booru tags nor made-up trigger words, and is unsure about pixel art: read the change, not the
    level.
    """
    return figure(prompts, mean_of((pictures * texts).sum(axis=1)), COSINE)


def following_change(
    pictures: np.ndarray, base: np.ndarray, texts: np.ndarray, prompts: Sequence[str]
) -> Figure | None:
    """:func:`following` of G over that of the base model's pictures of the same cells, minus 1.

    -0.1 means that a tenth of the agreement with the prompts is lost. Limits: those of
    :func:`following`; None where the base model does not agree with its prompts at all.
    """
    ours, theirs = (pictures * texts).sum(axis=1), (base * texts).sum(axis=1)
    if not len(ours) or theirs.mean() <= 1e-3:
        return None
    return figure(prompts, _ratio(ours, theirs))


def held_out_loss(losses: np.ndarray, usual: np.ndarray) -> Figure:
    """mean of L(v) over V, L(v) the training objective on v at fixed noise levels and noise.

    ``losses`` ``[n]`` are L, ``usual`` ``[n]`` their means over all measurements of the run. The
    interval is over pictures of L(v) - usual(v) + mean usual: that some pictures are hard at every
    checkpoint is no doubt about their order (Cousineau, "Confidence intervals in within-subject
    designs", 2005). Source: the validation loss of any training; fixed noise as in kohya's scripts.
    Limits: the level belongs to the pictures and the base model, so it compares checkpoints of one
    run only; it says little about copying, and the lowest is not always the best picture.
    """
    return figure(_each(losses), mean_of(losses - usual + usual.mean()))


def loss_rise(losses: np.ndarray, lowest: np.ndarray) -> Figure:
    """mean of L(v) over V, over that of the checkpoint of the run where it was lowest, minus 1.

    ``losses`` and ``lowest`` ``[n]`` are of the same pictures with the same noise: each pair is
    drawn together, so that what all checkpoints find hard is no uncertainty (a paired bootstrap;
    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993). 0.05 is 5 % above the lowest.
    Limits: those of :func:`held_out_loss`; the lowest of many is low partly by chance, which makes
    a small rise mean little.
    """
    return figure(_each(losses), _ratio(losses, lowest))


def _each(values: np.ndarray) -> list[str]:
    """A name for every picture: each is evidence of its own."""
    return [str(number) for number in range(len(values))]


def _cosines(features: np.ndarray) -> np.ndarray:
    """``[n, n]``. Pictures with nothing on them have no direction: they are like each other."""
    vectors, empty = unit(features), ~features.any(axis=1)
    found: np.ndarray = vectors @ vectors.T
    found[np.ix_(empty, empty)] = 1.0
    return found


def _ratio(ours: np.ndarray, theirs: np.ndarray) -> Statistic:
    def statistic(weights: np.ndarray) -> np.ndarray:
        found: np.ndarray = (weights @ ours) / np.maximum(weights @ theirs, 1e-6) - 1.0
        return found

    return statistic
