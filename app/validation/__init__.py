"""The Validate workspace: is this LoRA good, and which epoch at which weight.

``model.py`` holds the chosen axes, the plan and the cells as they come in; ``grid_view.py`` shows
them as a live grid; ``evidence.py`` shows what speaks for the pick. What may enter: questions an
artist asks of a finished training. Measures and rendering live in ``engine/validation``.
"""
