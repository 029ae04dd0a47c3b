"""Cutting out subjects.

clues.py     where the subject may be: a plain backdrop, a person, what stands out
saliency.py  what stands out from the edges of the picture
cutting.py   from a clue to a mask: GrabCut at a small size
edges.py     from a mask to fine transparency at full size, and clean colours at the edge
provider.py  which clue is taken, and how sure it is
"""
