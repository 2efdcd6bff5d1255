"""Chance by name: the same name draws the same, so nothing has to be remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def seed_of(name: str) -> int:
    """A seed of 56 bits from ``name``."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")


def generator(name: str) -> torch.Generator:
    """A generator on the CPU, so that every device trains on the same noise."""
    return torch.Generator().manual_seed(seed_of(name))


@contextmanager
def torch_chance(name: str, device: torch.device) -> Iterator[None]:
    """Torch's own chance, which dropout and rounding optimizers draw from, begins at ``name``
    inside the block; outside it is as if nothing had been drawn.
    """
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed_of(name))
        yield
