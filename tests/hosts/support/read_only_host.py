"""A host with a read-only file system, and a user without a name and a home directory."""

import shutil
import subprocess

from tests.hosts.support.host import Host

# Nothing is writable, not even /tmp and /dev/shm; the current user becomes one that is not in /etc/passwd.
_SCRIPT = """
mount --make-rprivate /
for place in $(awk '{print $5}' /proc/self/mountinfo | grep -v '^/proc')
do mount -o remount,bind,ro "$place" 2>/dev/null; done
cd /
exec unshare --user --map-user=12345 --map-group=12345 env -u HOME -u TMPDIR "$@"
"""
READ_ONLY = Host(prefix=("unshare", "--mount", "sh", "-c", _SCRIPT, "sh"))


def why_not() -> str:
    """Return why this machine cannot have such a host; empty if it can."""
    if not shutil.which("unshare"):
        return "unshare is missing"
    tried = subprocess.run([*READ_ONLY.prefix, "true"], capture_output=True, text=True, check=False, timeout=60)
    return tried.stderr.strip()
