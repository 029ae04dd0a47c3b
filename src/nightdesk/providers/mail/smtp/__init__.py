"""Mail over SMTP (RFC 5321): on connections that are used again, in phases that are known apart.

sender.py        one letter out, and what is known when it did not go
pool.py          the connections that one process holds open
conversation.py  one connection: greeting, encryption, sign-in, letter after letter
line.py          its socket, watched while it waits
replies.py       what a server's answers mean, in our errors
"""
