"""The leases of one process: one loop renews them all, and each run can ask how long it still holds its job."""

import math
import threading
import time

from jobs.loops import Loop, Loops
from ledger.jobs.jobs import Jobs
from schemas.errors import LeaseLost, OutOfTime
from schemas.settings import Settings
from schemas.wording.phrases import phrase


class Leases:
    """Times are of the process's own monotonic clock, taken before the claim or renewal is sent: never too late."""

    def __init__(self, jobs: Jobs, holder: str, settings: Settings, loops: Loops) -> None:
        self._jobs = jobs
        self._holder = holder
        self._settings = settings
        self._loops = loops
        self._ends: dict[int, float] = {}
        self._times_up: dict[int, float] = {}
        self._lock = threading.Lock()
        self._loop: Loop | None = None

    def hold(self, job_id: int, claimed_at: float) -> None:
        """A job was claimed at `claimed_at` (monotonic seconds, from before the claim was sent)."""
        with self._lock:
            self._ends[job_id] = claimed_at + self._settings.lease
            self._times_up[job_id] = claimed_at + self._settings.longest_job
            if self._loop is None:
                self._loop = self._loops.start("leases", self._settings.lease_renewal, self.renew)

    def release(self, job_id: int) -> None:
        """The run is over."""
        with self._lock:
            self._ends.pop(job_id, None)
            self._times_up.pop(job_id, None)

    def require_time(self, job_id: int, seconds: float) -> None:
        """Raise OutOfTime if a job may run for less than `seconds` more: then no further call may begin."""
        if self._times_up.get(job_id, math.inf) - time.monotonic() < seconds:
            raise OutOfTime

    def require(self, job_id: int, seconds: float) -> None:
        """Raise LeaseLost unless the lease holds for `seconds` more: no effect may start that could outlive it."""
        ends = self._ends.get(job_id, 0.0)
        if ends - time.monotonic() < seconds:
            raise LeaseLost(
                phrase("This worker no longer holds the job, or its lease is too short to start another call.")
            )

    def stop(self) -> None:
        """Renew no more."""
        if self._loop:
            self._loop.stop()

    def renew(self) -> None:
        """Renew all leases in one statement, and forget those of jobs that are no longer ours."""
        with self._lock:
            held = list(self._ends)
        if not held:
            return
        asked_at = time.monotonic()
        kept = self._jobs.renew(self._holder, held, lease=self._settings.lease, longest=self._settings.longest_job)
        with self._lock:
            for job_id in self._ends.keys() & held:
                if job_id not in kept:
                    # Another process has the job, for example because the database's clock jumped: the lease is lost.
                    del self._ends[job_id]
                elif kept[job_id]:
                    self._ends[job_id] = asked_at + self._settings.lease
