"""Grids and verdicts as files to hand on: contact sheets, pages, tables, layers, reports.

What enters is a grid on disk and its evidence. Nothing here needs a model; pictures are read one
at a time, so that a grid of thousands of cells takes little memory.
"""
