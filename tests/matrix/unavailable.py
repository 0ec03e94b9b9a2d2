"""The error of the matrix."""


class Unavailable(Exception):
    """This machine cannot have a server or an interpreter; the text says what it would need."""
