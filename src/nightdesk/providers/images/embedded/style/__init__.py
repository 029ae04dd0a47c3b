"""Giving a picture the look of another one, or of a named style.

patches.py    compiled loops: the nearest patch of the example for each place, and the vote
synthesis.py  a picture repainted from patches of an example, from coarse to fine
colour.py     the colours of one picture moved onto those of another
examples.py   examples for the painted styles, drawn from the picture's own colours
presets.py    the named styles
protection.py faces, which stay nearer to the photograph
provider.py   which way is taken
"""
