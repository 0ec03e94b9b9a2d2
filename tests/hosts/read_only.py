"""A host whose root file system cannot be written, and a user who has neither a name nor a home."""

import shutil
import subprocess

from tests.hosts.host import Host

# Nothing is left to write to, not even /tmp and /dev/shm; the present user becomes one that no file of users knows.
_SCRIPT = """
mount --make-rprivate /
for place in $(awk '{print $5}' /proc/self/mountinfo | grep -v '^/proc')
do mount -o remount,bind,ro "$place" 2>/dev/null; done
cd /
exec unshare --user --map-user=12345 --map-group=12345 env -u HOME -u TMPDIR "$@"
"""
READ_ONLY = Host(prefix=("unshare", "--mount", "sh", "-c", _SCRIPT, "sh"))


def why_not() -> str:
    """Say why there can be no such host here; nothing when there can."""
    if not shutil.which("unshare"):
        return "unshare is missing"
    tried = subprocess.run([*READ_ONLY.prefix, "true"], capture_output=True, text=True, check=False, timeout=60)
    return tried.stderr.strip()
