"""Filling holes with what is in the same picture.

patches.py    compiled loops: the nearest patch for each place, and the vote of overlapping patches
synthesis.py  a hole filled from coarse to fine
zones.py      one window for each hole, so that the cost follows the hole and not the picture
seams.py      light evened at the edge of a hole, and the feather
marks.py      thin marks: a smooth membrane instead of patches
provider.py   which way is taken for which hole
"""
