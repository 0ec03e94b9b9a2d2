"""How the processes that take HTTP serve it: gunicorn, with threads that never wait for a caller, and freed memory.

Workers use the last one as well.
"""
