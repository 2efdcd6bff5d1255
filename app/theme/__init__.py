"""Colors, type, spacing and icons: the one place where the look is decided.

What enters: tokens, the palette and style sheet made from them, fonts, icons and metrics. Nothing
here knows what a widget is for.
"""

from app.theme.style import SYSTEM, apply, chosen, color, current, dress, mix, signals

__all__ = ["SYSTEM", "apply", "chosen", "color", "current", "dress", "mix", "signals"]
