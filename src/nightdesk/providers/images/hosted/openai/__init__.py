"""OpenAI's image API, at OpenAI or on any server that speaks it.

Plain HTTP: two addresses are asked, and the library that texts are asked with would add a second of start-up and
exceptions that hold the key.
"""
