"""The words to the model. A version never changes once it has written a piece: a change is a new file and name.

piece_1.py     the words of version "piece-1"
rendering.py   a request put into them, everything of users between fences
"""
