"""What a shop holds, and what can happen to it. No HTTP."""
