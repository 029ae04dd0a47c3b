"""What every adapter needs that speaks HTTP outward: calls that end when they should.

watch.py       the clock and the cancel of one call, or of a few
transport.py   sockets whose every wait looks at that watch
retrying.py    for how long a server wants to be left alone
servers.py     the address of a server as an operator writes it
"""
