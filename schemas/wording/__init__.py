"""How things read in what people see."""
