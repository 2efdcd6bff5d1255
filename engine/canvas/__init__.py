"""Layered documents: pixels an artist paints, and regions a model repaints.

A document changes only through its operations; each gives back what changed and can be undone.
Everything here is numpy and Pillow. Only ``repaint_job.py`` knows models, and it is reached by
name through its request. Screens, pointers and colors of the interface may not enter.
"""
