"""The parts of the proof, by subject; `local.proof.compare` combines them."""
