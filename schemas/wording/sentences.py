"""Makes a sentence of what an error says, as a person reads it."""


def sentence(text: str) -> str:
    """Return the text with a capital letter at its beginning, and a full stop unless it ends like a sentence."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
