"""What a hostile or broken vendor answers: odd numbers, odd texts, odd headers, hostile bodies."""
