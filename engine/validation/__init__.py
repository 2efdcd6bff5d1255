"""Is an adapter good: grids of pictures over checkpoints and weights, and measures on them.

Grids are made of cells that are known by the hash of their whole recipe, so nothing is drawn twice.
Measures are numpy on finished pictures. Only ``grid.py`` knows models, and it is reached by name
through its request. Training and the window may not enter.
"""
