"""Answers of a hostile or broken vendor: odd numbers, odd texts, odd headers, hostile bodies."""
