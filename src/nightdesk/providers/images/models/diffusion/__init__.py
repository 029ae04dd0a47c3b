"""Diffusion models run by the diffusers library, from a folder of the operator's: Stable Diffusion, SDXL, Flux.

folder.py      which folders are taken: safetensors only, nothing that could carry code
pipelines.py   the one pipeline that a process keeps warm, and the device it is on
running.py     one run of it: steps reported, stopped within a step, memory given back
sizes.py       the size a model works at, and the way to the size that was asked for
styles.py      styles by name, as words for a prompt
provider.py    the three operations
"""
