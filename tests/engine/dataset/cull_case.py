"""Pictures made of pixels for the tests of culling, measured without files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.imaging.adjust import resize
from engine.imaging.decode import load_rgba
from engine.imaging.quality import measure

from .query_case import picture

SAMPLE = Path(__file__).parents[3] / "resources" / "sample"
SUBJECTS = ("rocket", "panda", "crown", "shield", "grapes", "lotus", "boar", "moai", "bucket")


def art(name, style="raw"):
    """Pixels of a sample picture."""
    return load_rgba(SAMPLE / style / f"{name}.png")


def measured(key, rgba, name="", **fields):
    """A picture that looks like ``rgba``."""
    found = measure(np.ascontiguousarray(rgba))
    facts = {
        "path": f"/art/{name or key}.png",
        "folder": "/art",
        "category": "art",
        "width": found.width,
        "height": found.height,
        "has_alpha": found.has_alpha,
        "sharpness": found.sharpness,
        "dhash": found.dhash,
        "mean_color": found.mean_color,
        "descriptor": found.descriptor,
    }
    return picture(key, **{**facts, **fields})


def smaller(rgba, share=0.5):
    """``rgba`` reduced."""
    return resize(rgba, (round(rgba.shape[1] * share), round(rgba.shape[0] * share)))


def blurred(rgba, sigma=4.0):
    """``rgba`` out of focus, its edge too."""
    import cv2

    values = rgba.astype(np.float32)
    values[..., :3] *= values[..., 3:] / 255
    values = cv2.GaussianBlur(values, (0, 0), sigma)
    values[..., :3] /= np.maximum(values[..., 3:], 1) / 255
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
