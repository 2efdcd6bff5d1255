"""Planted copies: what is done to a picture that is still the same picture, and how well an
extractor tells it from the others of its style.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from engine.imaging.alpha import fill_color
from engine.imaging.decode import load_rgba
from engine.validation.features import Extractor
from tests.engine.validation.pictures import paths

Chance = np.random.Generator
# plant(picture on white [H, W, 3], the same with alpha [H, W, 4], chance) -> [H, W, 3]
Plant = Callable[[np.ndarray, np.ndarray, Chance], np.ndarray]


def mirrored(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(picture[:, ::-1])


def cropped(picture: np.ndarray, share: float, chance: Chance) -> np.ndarray:
    side = int(picture.shape[0] * share)
    top, left = chance.integers(0, picture.shape[0] - side + 1, 2)
    part = np.ascontiguousarray(picture[top : top + side, left : left + side])
    return cv2.resize(part, picture.shape[1::-1], interpolation=cv2.INTER_AREA)


def hue_shifted(picture: np.ndarray, chance: Chance) -> np.ndarray:
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + int(chance.integers(30, 150))) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def recolored(picture: np.ndarray, chance: Chance) -> np.ndarray:
    """Channels mixed, and another gamma."""
    mix = np.eye(3) * 0.5 + chance.random((3, 3)) * 0.5
    mixed = (picture / 255.0) @ (mix / mix.sum(axis=1, keepdims=True)).T
    return (np.clip(mixed ** chance.uniform(0.7, 1.4), 0, 1) * 255).astype(np.uint8)


def on_plain(rgba: np.ndarray, chance: Chance) -> np.ndarray:
    red, green, blue = chance.integers(0, 256, 3)
    return fill_color(rgba, f"#{red:02x}{green:02x}{blue:02x}")


def on_gradient(rgba: np.ndarray, chance: Chance) -> np.ndarray:
    height, width = rgba.shape[:2]
    first, last = chance.integers(40, 255, (2, 3))
    down = np.linspace(0, 1, height)[:, None, None]
    return _over(rgba, (first * (1 - down) + last * down) + np.zeros((height, width, 1)))


def on_clouds(rgba: np.ndarray, chance: Chance) -> np.ndarray:
    """A ground of soft spots of many colors, as strong as the subject itself."""
    spots = chance.integers(80, 255, (6, 6, 3)).astype(np.uint8)
    ground = cv2.resize(spots, rgba.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return _over(rgba, ground.astype(float))


def _over(rgba: np.ndarray, ground: np.ndarray) -> np.ndarray:
    alpha = rgba[..., 3:] / 255.0
    return (rgba[..., :3] * alpha + ground * (1 - alpha)).astype(np.uint8)


def turned(picture: np.ndarray, degrees: float) -> np.ndarray:
    return _moved(picture, cv2.getRotationMatrix2D((128, 128), degrees, 1.0))


def smaller(picture: np.ndarray, chance: Chance) -> np.ndarray:
    scale, room = chance.uniform(0.7, 0.9), picture.shape[0]
    shift = (1 - scale) * room * chance.random(2)
    return _moved(picture, np.array([[scale, 0, shift[0]], [0, scale, shift[1]]]))


def shifted(picture: np.ndarray, chance: Chance) -> np.ndarray:
    shift = chance.uniform(-0.1, 0.1, 2) * picture.shape[0]
    return _moved(picture, np.array([[1, 0, shift[0]], [0, 1, shift[1]]]))


def _moved(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    size = picture.shape[1::-1]
    return cv2.warpAffine(picture, matrix.astype(float), size, borderMode=cv2.BORDER_REPLICATE)


def compressed(picture: np.ndarray) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=30)
    return np.asarray(Image.open(stream).convert("RGB"))


def worn(picture: np.ndarray, chance: Chance) -> np.ndarray:
    soft = cv2.GaussianBlur(picture, (0, 0), 2.0) + chance.normal(0, 8, picture.shape)
    return np.clip(soft, 0, 255).astype(np.uint8)


PLANTS: dict[str, Plant] = {
    "copy": lambda p, a, c: p,
    "JPEG of quality 30": lambda p, a, c: compressed(p),
    "blur and noise": lambda p, a, c: worn(p, c),
    "a quarter of the size": lambda p, a, c: cv2.resize(p, (64, 64), interpolation=cv2.INTER_AREA),
    "mirrored": lambda p, a, c: mirrored(p),
    "crop of 90 %": lambda p, a, c: cropped(p, 0.9, c),
    "crop of 80 %": lambda p, a, c: cropped(p, 0.8, c),
    "crop of 70 %": lambda p, a, c: cropped(p, 0.7, c),
    "mirrored crop of 80 %": lambda p, a, c: cropped(mirrored(p), 0.8, c),
    "hue shift": lambda p, a, c: hue_shifted(p, c),
    "recolored": lambda p, a, c: recolored(p, c),
    "another plain ground": lambda p, a, c: on_plain(a, c),
    "a gradient ground": lambda p, a, c: on_gradient(a, c),
    "a cloudy ground": lambda p, a, c: on_clouds(a, c),
    "moved by up to 10 %": lambda p, a, c: shifted(p, c),
    "70 to 90 % of the size": lambda p, a, c: smaller(p, c),
    "turned by 5 degrees": lambda p, a, c: turned(p, float(c.choice([-5, 5]))),
    "turned by 10 degrees": lambda p, a, c: turned(p, float(c.choice([-10, 10]))),
}


@dataclass(frozen=True)
class Separation:
    """How well planted copies stand out. ``auc`` is the area under the ROC curve, ``recall`` the
    share found when 1 % of different pictures are taken for copies, ``right`` the share whose
    nearest picture is the true one.
    """

    auc: float
    recall: float
    right: float


def _auc(own: np.ndarray, different: np.ndarray) -> float:
    """How often a copy scores higher than a different picture; a tie is half of it."""
    higher = own[:, None] > different[None]
    return float((higher + 0.5 * (own[:, None] == different[None])).mean())


def separations(extractor: Extractor, style: str) -> dict[str, Separation]:
    """For each way of planting, over the 36 pictures of ``style``.

    Different pictures are all others of the style, changed in the same ways: the score of each is
    that of its nearest among 35.
    """
    art = [load_rgba(path) for path in paths(style)]
    plain = [fill_color(picture, "#FFFFFF") for picture in art]
    views = extractor.describe_views(plain)
    own: dict[str, np.ndarray] = {}
    others: dict[str, np.ndarray] = {}
    right: dict[str, float] = {}
    for name, plant in PLANTS.items():
        chance = np.random.default_rng(7)
        copies = [plant(picture, rgba, chance) for picture, rgba in zip(plain, art, strict=True)]
        table = extractor.similarity(extractor.describe(copies), views)
        right[name] = float((table.argmax(axis=1) == np.arange(len(plain))).mean())
        own[name] = table.diagonal().copy()
        np.fill_diagonal(table, -1.0)
        others[name] = table.max(axis=1)
    different = np.concatenate(list(others.values()))
    line = np.percentile(different, 99)
    return {
        name: Separation(
            auc=_auc(own[name], different),
            recall=float((own[name] > line).mean()),
            right=right[name],
        )
        for name in PLANTS
    }
