"""What this machine can confine programs with."""

from __future__ import annotations

import ctypes
import errno
import platform
import shutil
import sys
from dataclasses import dataclass, field

from nomoat.tools.guard import seccomp

_LANDLOCK_CREATE = 444
_PR_SET_SECCOMP, _SECCOMP_FILTER = 22, 2


@dataclass(frozen=True, slots=True)
class Support:
    """What this machine can confine with."""

    landlock: int = 0
    """The kernel's Landlock version, 0 for none."""
    seccomp: bool = False
    bubblewrap: str = ""
    """Path of `bwrap`, or empty."""
    machine: str = field(default_factory=platform.machine)

    def refusal(self) -> str:
        """Why nothing can be confined here; empty where it can."""
        if sys.platform != "linux":
            return "Programs are confined on Linux only"
        if not self.seccomp or not seccomp.supports(self.machine):
            return "This system cannot filter system calls (seccomp)"
        if not self.landlock and not self.bubblewrap:
            return "This kernel has no Landlock and bubblewrap is not installed"
        return ""


def probe() -> Support:
    """Ask this machine."""
    if sys.platform != "linux":
        return Support()
    return Support(landlock_version(), has_seccomp(), shutil.which("bwrap") or "")


def landlock_version() -> int:
    """The Landlock ABI of this kernel, 0 where there is none or it is switched off."""
    return max(0, int(ctypes.CDLL(None).syscall(_LANDLOCK_CREATE, None, 0, 1)))


def has_seccomp() -> bool:
    """Whether system calls can be filtered: a filter at address 0 is a fault, not an unknown."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, None, 0, 0)
    return ctypes.get_errno() == errno.EFAULT
