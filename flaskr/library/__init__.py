"""The verbs: what people can do here. No HTTP; session and store come in as arguments.

A verb raises a DomainError when it cannot do what was asked, and never commits: whoever called it
does, once all of the request is done. Work that goes through everything there is (collect, check)
is the exception: it commits in small batches, so that nobody waits for it.
"""
