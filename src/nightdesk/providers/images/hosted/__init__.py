"""Providers that are somebody else's: vendors, and servers of the operator's own.

options.py    what the operator chose
line.py       one run's line to a server: requests that end when they should, in plain words
faults.py     what a server or the network did, as our errors
lasting.py    work that goes on at the vendor's: waiting for it, and calling it off
pictures.py   pixels out as PNG, bytes in through our own reader, results of another size put right
openai/       OpenAI's image API and what speaks it
replicate/    Replicate's predictions
comfyui/      workflows of the operator's on a ComfyUI
"""
