"""How people sign in: with a password, or with the account of their company."""
