"""The same session and pictures as the dataset's tests."""

from __future__ import annotations

from tests.app.dataset.conftest import (  # noqa: F401
    art,
    dressed,
    loop,
    opened,
    session,
    settle,
)
