"""The system calls that confined code may not make, as a seccomp filter program.

Landlock says which files may be opened; this says what else a program may ask of the kernel: no
sockets of any family, no other processes (unless wanted), no signals to strangers, no second way
around Landlock (io_uring, mounts, namespaces, other processes' memory).

Sources: seccomp(2), linux/seccomp.h, linux/filter.h, and the kernel's system call tables.
"""

from __future__ import annotations

import errno
import struct

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column in the tables below, and the audit number of the architecture."""

Table = dict[str, tuple[int, int]]
"""Name → its number on x86_64 and on aarch64; -1 where it does not exist."""

_IGNORED: Table = {
    # Modes, owners and times are not Landlock's business, also outside of what may be written.
    # Copying a file sets them, so they are ignored instead of refused.
    "chmod": (90, -1),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, -1),
    "fchown": (93, 55),
    "lchown": (94, -1),
    "fchownat": (260, 54),
    "utime": (132, -1),
    "utimes": (235, -1),
    "futimesat": (261, -1),
    "utimensat": (280, 88),
}
_UNSUPPORTED: Table = {
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
}
_NETWORK: Table = {
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
}
_REFUSED: Table = {
    "symlink": (88, -1),  # one that points outside would be followed by others later
    "symlinkat": (266, 36),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "statmount": (457, 457),
    "listmount": (458, 458),
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "inotify_init": (253, -1),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "setpriority": (141, 140),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "personality": (135, 92),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "modify_ldt": (154, -1),
    "vhangup": (153, 58),
    "lookup_dcookie": (212, 18),
}
_SIGNALS: Table = {
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
}
_TRUNCATE: Table = {"truncate": (76, 45)}
_FORK: Table = {"fork": (57, -1), "vfork": (58, -1)}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_SOCKETPAIR, _PRLIMIT = (53, 199), (302, 261)
_NEWEST = 462
"""The last number that was looked at; later ones answer "no such call"."""

_LOAD, _EQUAL, _ABOVE, _MASKED, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NR, _ARCH = 0, 4
_CLONE_THREAD, _CLONE_NAMESPACES = 0x00010000, 0x7E020000
_AF_UNIX, _SOCK_STREAM = 1, 1


def supports(machine: str) -> bool:
    """Whether the system calls of this machine (`platform.machine()`) are known here."""
    return machine in _MACHINES


def program(machine: str, landlock: int, *, processes: bool) -> bytes:
    """The filter, ready for the kernel.

    `landlock` is the version (ABI) in force, 0 for none: older versions leave holes that are
    closed here. `processes` allows more than one.

    Raises:
        KeyError: the machine is unknown.
    """
    column, arch = _MACHINES[machine]
    code = [_op(_LOAD, _ARCH), _op(_EQUAL, arch, 1, 0), _op(_RETURN, _KILL), _op(_LOAD, _NR)]
    if machine == "x86_64":  # the x32 variant has numbers of its own
        code += [_op(_ABOVE, 0x3FFFFFFF, 0, 1), _op(_RETURN, _KILL)]
    code += [_op(_ABOVE, _NEWEST, 0, 1), _op(_RETURN, _ERRNO | errno.ENOSYS)]
    for table, answer in _answers(landlock, processes):
        for numbers in table.values():
            if numbers[column] >= 0:
                code += [_op(_EQUAL, numbers[column], 0, 1), _op(_RETURN, _ERRNO | answer)]
    code += _clone(_CLONE[column], processes)
    code += _socketpair(_SOCKETPAIR[column])
    code += _own_limits(_PRLIMIT[column])
    return b"".join([*code, _op(_RETURN, _ALLOW)])


def _answers(landlock: int, processes: bool) -> list[tuple[Table, int]]:
    answers = [
        (_IGNORED, 0),
        (_UNSUPPORTED, errno.EOPNOTSUPP),
        (_NETWORK, errno.EACCES),
        (_REFUSED, errno.EPERM),
        # its flags are behind a pointer, where a filter cannot look; libraries then use clone
        ({"clone3": _CLONE3}, errno.ENOSYS),
    ]
    if landlock < 3:  # truncating by path is seen from version 3 on
        answers.append((_TRUNCATE, errno.EACCES))
    if landlock < 6:  # signals to other programs are held back from version 6 on
        answers.append((_SIGNALS, errno.EPERM))
    if not processes:
        answers.append((_FORK, errno.EPERM))
    return answers


def _clone(number: int, processes: bool) -> list[bytes]:
    """Threads, perhaps processes, never namespaces."""
    thread = _op(_MASKED, _CLONE_THREAD, 1, 0)
    body = [
        _argument(0),
        _op(_MASKED, _CLONE_NAMESPACES, 1, 0),
        _op(_MASKED, 0, 0, 1) if processes else thread,
        _op(_RETURN, _ERRNO | errno.EPERM),
    ]
    return _when(number, body)


def _socketpair(number: int) -> list[bytes]:
    """Only a connected pair: an unconnected one could be pointed at any socket file."""
    body = [
        _argument(0),
        _op(_EQUAL, _AF_UNIX, 0, 3),
        _argument(1),
        _op(0x54, 0xF),  # without the flags
        _op(_EQUAL, _SOCK_STREAM, 1, 0),
        _op(_RETURN, _ERRNO | errno.EACCES),
    ]
    return _when(number, body)


def _own_limits(number: int) -> list[bytes]:
    """prlimit of the calling process only."""
    return _when(
        number,
        [_argument(0), _op(_EQUAL, 0, 1, 0), _op(_RETURN, _ERRNO | errno.EPERM)],
    )


def _when(number: int, body: list[bytes]) -> list[bytes]:
    """`body` for one system call; the number is loaded again behind it."""
    return [_op(_EQUAL, number, 0, len(body)), *body, _op(_LOAD, _NR)]


def _argument(index: int) -> bytes:
    """Load the lower half of an argument (both machines store it first)."""
    return _op(_LOAD, 16 + 8 * index)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
