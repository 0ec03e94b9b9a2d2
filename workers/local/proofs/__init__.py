"""The parts of the proof, by subject; `workers.local.proof` combines them."""
