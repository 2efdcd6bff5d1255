"""The sRGB profile that is put into files, and whether a profile that comes in is that one."""

from __future__ import annotations

import io
from functools import cache

from PIL import ImageCms

_DATE = slice(24, 36)  # when the profile was made: without it equal pictures give equal files


@cache
def srgb_profile() -> bytes:
    """The ICC profile of sRGB (IEC 61966-2-1)."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[_DATE] = bytes(12)
    return bytes(data)


def profile_name(profile: bytes) -> str:
    """What an ICC profile calls itself; empty when it cannot be read."""
    try:
        return ImageCms.getProfileDescription(io.BytesIO(profile)).strip()
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return ""


def is_srgb(profile: bytes) -> bool:
    """Whether colors under ``profile`` are sRGB as they stand; true for none at all."""
    name = profile_name(profile) if profile else ""
    return not profile or name.lower().startswith("srgb")
