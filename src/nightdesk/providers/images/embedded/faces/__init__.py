"""Putting a face into another picture, without a swap network.

finding.py   the one face of a picture, and what is said where there is none, or more than one
warping.py   every pixel of the target's face fetched from the source's
blending.py  the target's light, the source's detail, a soft edge
eyes.py      faces and eyes by OpenCV's cascades, for where the models are not installed
provider.py  the two ways: by landmarks, by eyes
"""
