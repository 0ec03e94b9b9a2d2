"""What a job does: find what changed, carry it over, publish stock."""
