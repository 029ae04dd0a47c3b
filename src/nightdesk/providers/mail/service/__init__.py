"""Mail through a service that django-anymail knows (the extra `anymail`).

sender.py     one letter out; the library's request is made by a thread that can be left behind
letters.py    a letter, and the service's backend, as the library wants them
answers.py    what the library raises, in our errors
"""
