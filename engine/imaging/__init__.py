"""Pixels: the one safe way to open a picture, transparency, crops, sizes, and simple measures.

Pictures are numpy uint8 arrays, ``[H, W, 4]`` RGBA with straight alpha or ``[H, W, 3]`` RGB, always
sRGB. Numpy, Pillow and OpenCV may enter; torch, Qt and knowledge of projects may not.
"""
