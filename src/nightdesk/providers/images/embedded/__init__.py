"""Operations that need no key, no server and no weights. None of them is generative AI.

layout/      a designed poster from the words of the prompt
faces/       a face put into another picture: by 468 points of a small model, or by the eyes alone
background/  the subject cut out: plain backdrops, people, what stands out, or a box
objects/     holes filled with patches of the same picture
style/       a picture repainted from patches of another one, and named styles
people.py    the small models of people and faces, where they are installed
compiling.py, threads.py, pictures.py  what all share
"""
