"""Running a job: claim, call budget, lease, settle, backoff, dispatch window. Knows nothing of Celery."""
