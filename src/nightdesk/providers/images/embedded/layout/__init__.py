"""A designed poster from the words of a prompt. It is no picture of what the prompt says, and never called AI.

words.py     what stands in the poster: headline, line below, words that choose colours
colours.py   palettes in OKLCH, contrast after WCAG
art.py       three kinds of backgrounds
fonts.py     the typeface, and what it cannot write
poster.py    where what stands, and the ink that can be read there
provider.py  the provider
"""
