"""One Afosto account: what it holds, and the rules by which it changes."""
