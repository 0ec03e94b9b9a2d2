"""The parts of the proof, by subject; `workers.local.proof` puts them together."""
