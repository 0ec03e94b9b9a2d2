"""What comes in from other systems: webhooks, tokens, and messages that were set aside."""
