"""The known families of escapes, each tried for real against the confinement of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nomoat.tools.errors import Failed
from nomoat.tools.guard import seccomp
from nomoat.tools.guard.sandbox import Finished, Limits, Sandbox, Support, probe

HERE = probe()


def works(bubblewrap: str) -> bool:
    """A container may have the program and forbid it all that it does."""
    command = [bubblewrap, "--unshare-all", "--ro-bind", "/", "/", "true"]
    return bool(bubblewrap) and subprocess.run(command, capture_output=True).returncode == 0


KINDS = {"landlock": replace(HERE, bubblewrap=""), "bubblewrap": replace(HERE, landlock=0)}
if not HERE.landlock:
    del KINDS["landlock"]
if not works(HERE.bubblewrap):
    del KINDS["bubblewrap"]

needs_sandbox = pytest.mark.skipif(not KINDS or bool(HERE.refusal()), reason=HERE.refusal() or "-")
SECRET = "canary-6fd1c0"


@pytest.fixture(params=list(KINDS) or ["none"])
def box(request: pytest.FixtureRequest) -> Sandbox:
    return Sandbox(KINDS[request.param])


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder next to the workspace, with a secret in it."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "canary").write_text(SECRET)
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def listeners(outside: Path) -> Iterator[dict[str, socket.socket]]:
    """Sockets that nobody may reach: TCP, UDP, a Unix file and an abstract name."""
    found = {
        "tcp": socket.create_server(("127.0.0.1", 0)),
        "udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "unix": socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "datagrams": socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
        "abstract": socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    }
    found["udp"].bind(("127.0.0.1", 0))
    # names of Unix sockets are short, temporary folders are not
    os.chdir(outside)
    found["unix"].bind("s")
    found["datagrams"].bind("d")
    found["abstract"].bind(f"\0nomoat-test-{os.getpid()}")
    for name, each in found.items():
        if name in ("unix", "abstract"):
            each.listen()
        each.settimeout(0.05)
    yield found
    for each in found.values():
        each.close()


@pytest.fixture(autouse=True)
def _stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path.cwd())


def reached(listeners: dict[str, socket.socket]) -> list[str]:
    names = []
    for name, each in listeners.items():
        try:
            if name in ("udp", "datagrams"):
                each.recv(10)
            else:
                each.accept()[0].close()
        except TimeoutError:
            continue
        names.append(name)
    return names


def run(box: Sandbox, workspace: Path, code: str, **limits: object) -> Finished:
    argv = [sys.executable, "-I", "-B", "-X", "utf8", "-c", textwrap.dedent(code)]
    return box.run(argv, workspace=workspace, limits=Limits(**limits))  # type: ignore[arg-type]


# what it can do


@needs_sandbox
def test_ordinary_scripts_work(box: Sandbox, workspace: Path) -> None:
    (workspace / "in.csv").write_text("a,b\n1,2\n")
    code = """
        import asyncio, csv, decimal, json, pathlib, shutil, sqlite3, tempfile, threading, zipfile
        rows = list(csv.reader(open("in.csv")))
        pathlib.Path("sub").mkdir()
        pathlib.Path("sub/out.json").write_text(json.dumps(rows))
        shutil.copy2("in.csv", "sub/copy.csv")
        pathlib.Path("sub/copy.csv").rename("moved.csv")
        with sqlite3.connect("data.db") as db: db.execute("create table t (x)")
        with zipfile.ZipFile("all.zip", "w") as z: z.write("in.csv")
        with tempfile.NamedTemporaryFile() as f: f.write(b"x")
        asyncio.run(asyncio.sleep(0))
        thread = threading.Thread(target=print, args=("thread",)); thread.start(); thread.join()
        print("größer")
    """
    finished = run(box, workspace, code)
    assert finished == Finished("thread\ngrößer\n", "", 0)
    made = {str(path.relative_to(workspace)) for path in workspace.rglob("*")}
    assert made == {"in.csv", "sub", "sub/out.json", "moved.csv", "data.db", "all.zip"}


@needs_sandbox
def test_installed_packages_work(box: Sandbox, workspace: Path) -> None:
    code = "import numpy, duckdb, openpyxl; print(duckdb.sql('select 40 + 2').fetchall()[0][0])"
    finished = run(box, workspace, code)
    assert (finished.stdout, finished.code) == ("42\n", 0), finished.stderr


@needs_sandbox
def test_exit_status_and_streams_are_reported(box: Sandbox, workspace: Path) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"
    assert run(box, workspace, code) == Finished("out\n", "err\n", 7)


@needs_sandbox
def test_more_may_be_made_readable(box: Sandbox, workspace: Path, outside: Path) -> None:
    code = f"print(open({str(outside / 'canary')!r}).read())"
    argv = [sys.executable, "-I", "-B", "-c", code]
    finished = box.run(argv, workspace=workspace, readable=[outside / "canary"])
    assert finished.stdout == SECRET + "\n"


# reading what is outside

READ = {
    "plainly": "print(open(CANARY).read())",
    "by descriptor": "import os; print(os.read(os.open(CANARY, os.O_RDONLY), 99))",
    "through the workspace": "print(open('../outside/canary').read())",
    "symlink": """
        import os
        try: os.symlink(CANARY, 'link')
        except OSError: pass
        print(open('link').read())
    """,
    "hard link": "import os; os.link(CANARY, 'hard'); print(open('hard').read())",
    "rename": "import os; os.rename(CANARY, 'mine'); print(open('mine').read())",
    "/proc/self/root": "print(open('/proc/self/root' + CANARY).read())",
    "/proc/self/cwd": "print(open('/proc/self/cwd/../outside/canary').read())",
    "/proc/self/fd": """
        import os
        for fd in os.listdir('/dev/fd'):
            try: print(os.listdir(f'/proc/self/fd/{fd}/../outside'))
            except OSError: pass
        fd = os.open('/', os.O_PATH); print(open(f'/proc/self/fd/{fd}' + CANARY).read())
    """,
    "a folder handle": """
        import os
        fd = os.open(os.path.dirname(CANARY), os.O_PATH)
        print(os.read(os.open('canary', os.O_RDONLY, dir_fd=fd), 99))
    """,
    "subclasses walk": """
        for kind in ().__class__.__base__.__subclasses__():
            if kind.__name__ == '_wrap_close':
                print(kind.__init__.__globals__['popen']('cat ' + CANARY).read())
        print([k for k in ().__class__.__base__.__subclasses__() if k.__name__ == 'FileLoader'][0]
              ('x', CANARY).get_data(CANARY))
    """,
    "__del__": """
        class Late:
            def __del__(self, open=open, path=CANARY, print=print): print(open(path).read())
        late = Late()
    """,
    "augmented assignment": """
        class Box:
            def __iadd__(self, path): print(open(path).read()); return self
        box = Box(); box += CANARY
    """,
    "ctypes": """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        buffer = ctypes.create_string_buffer(99)
        fd = libc.syscall(2, CANARY.encode(), 0)
        print(fd, libc.read(fd, buffer, 99), buffer.value)
    """,
    "open_by_handle_at": """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        handle = ctypes.create_string_buffer((128).to_bytes(4, 'little') + bytes(200))
        mount = ctypes.byref(ctypes.c_int())
        print(libc.name_to_handle_at(-100, CANARY.encode(), handle, mount, 0))
        print(handle.raw)
    """,
    "io_uring": """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        ring = libc.syscall(425, 8, ctypes.create_string_buffer(120))
        print('ring', ring); assert ring < 0
        print(open(CANARY).read())
    """,
    "a shell": "import os; os.system('cat ' + CANARY)",
    "a child": """
        import subprocess, sys
        print(subprocess.run([sys.executable, '-c', f'print(open({CANARY!r}).read())'],
              capture_output=True, text=True))
    """,
    "exec": """
        import os, sys
        os.execv(sys.executable, [sys.executable, '-c', f'print(open({CANARY!r}).read())'])
    """,
    "the keeper's memory": """
        import os
        print(open(f'/proc/{os.getppid()}/environ').read())
    """,
    "a traced keeper": """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        print(libc.ptrace(16, os.getppid(), 0, 0)); print(open(CANARY).read())
    """,
    "a mount": """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        os.mkdir('m'); print(libc.mount(os.path.dirname(CANARY).encode(), b'm', None, 4096, None))
        print(open('m/canary').read())
    """,
    "a namespace": """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        print(libc.unshare(0x10000000 | 0x00020000)); print(os.listdir('/root'))
        print(open(CANARY).read())
    """,
    "chroot": "import os; os.chroot('/'); print(open(CANARY).read())",
    "a module": """
        import importlib.util
        print(importlib.util.spec_from_file_location('x', CANARY).loader.get_source('x'))
    """,
    "linecache": "import linecache; print(linecache.getlines(CANARY)); open(CANARY)",
    "mmap": "import mmap; f = open(CANARY, 'r+b'); print(mmap.mmap(f.fileno(), 0)[:])",
    "stdin": "import sys; print(sys.stdin.read()); open(CANARY)",
}


@needs_sandbox
@pytest.mark.parametrize("code", READ.values(), ids=READ.keys())
@pytest.mark.parametrize("processes", [1, 8])
def test_what_is_outside_cannot_be_read(
    box: Sandbox, workspace: Path, outside: Path, code: str, processes: int
) -> None:
    prefix = f"CANARY = {str(outside / 'canary')!r}\n"
    finished = run(box, workspace, prefix + textwrap.dedent(code), processes=processes, seconds=10)
    assert SECRET not in finished.stdout + finished.stderr
    assert not finished.stopped
    assert (outside / "canary").read_text() == SECRET
    for path in workspace.rglob("*"):
        assert path.is_dir() or SECRET not in path.read_text()


@pytest.mark.parametrize(
    "name", ["plainly", "__del__", "a child", "/proc/self/root", "a folder handle"]
)
def test_without_a_sandbox_the_same_code_reads_it(
    workspace: Path, outside: Path, name: str
) -> None:
    """The payloads are real: what stops them is the sandbox."""
    code = f"CANARY = {str(outside / 'canary')!r}\n{textwrap.dedent(READ[name])}"
    argv = [sys.executable, "-I", "-B", "-c", code]
    done = subprocess.run(argv, cwd=workspace, capture_output=True, text=True, check=False)
    assert SECRET in done.stdout


@needs_sandbox
@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/hostname", "/proc/self/environ", "~", "/"])
def test_the_person_and_the_system_cannot_be_read(box: Sandbox, workspace: Path, path: str) -> None:
    target = str(Path(path).expanduser())
    code = f"""
        import os
        try: print("read", os.listdir({target!r}) if os.path.isdir({target!r})
                   else open({target!r}, "rb").read())
        except OSError: print("refused")
    """
    finished = run(box, workspace, code)
    if not box.support.landlock and target == "/":
        return  # its own, nearly empty root
    assert finished.stdout in ("refused\n", "read []\n"), finished.stdout[:300]


@needs_sandbox
def test_nothing_of_the_environment_is_passed_on(
    box: Sandbox, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", SECRET)
    monkeypatch.setenv("PYTHONSTARTUP", SECRET)
    monkeypatch.setenv("LD_PRELOAD_X", SECRET)
    finished = run(box, workspace, "import os; print(dict(os.environ))")
    assert SECRET not in finished.stdout
    assert str(Path.home()) not in finished.stdout


# changing what is outside

WRITE = {
    "truncate": "import os; os.truncate(CANARY, 0)",
    "open to write": "open(CANARY, 'w')",
    "append": "open(CANARY, 'a').write('x')",
    "delete": "import os; os.remove(CANARY)",
    "a file next to it": "open(os.path.join(os.path.dirname(CANARY), 'new'), 'w')",
    "a folder": "os.mkdir(os.path.join(os.path.dirname(CANARY), 'new'))",
    "move into": "open('x','w'); os.rename('x', os.path.join(os.path.dirname(CANARY), 'new'))",
    "link into": "open('x','w'); os.link('x', os.path.join(os.path.dirname(CANARY), 'new'))",
    "mode": "os.chmod(CANARY, 0o777)",
    "mode of the folder": "os.chmod(os.path.dirname(CANARY), 0)",
    "mode by descriptor": "os.chmod(os.open(CANARY, os.O_PATH), 0o777)",
    "owner": "os.chown(CANARY, 1, 1)",
    "times": "os.utime(CANARY, (0, 0))",
    "attributes": "os.setxattr(CANARY, 'user.x', b'x')",
    "Python itself": "import json; open(json.__file__, 'a')",
}


@needs_sandbox
@pytest.mark.parametrize("code", WRITE.values(), ids=WRITE.keys())
def test_what_is_outside_cannot_be_changed(
    box: Sandbox, workspace: Path, outside: Path, code: str
) -> None:
    before = [os.lstat(path) for path in (outside, outside / "canary")]
    run(box, workspace, f"import os\nCANARY = {str(outside / 'canary')!r}\n{code}")
    after = [os.lstat(path) for path in (outside, outside / "canary")]
    for old, new in zip(before, after, strict=True):
        assert (old.st_mode, old.st_uid, old.st_size) == (new.st_mode, new.st_uid, new.st_size)
        assert (old.st_mtime_ns, old.st_ctime_ns) == (new.st_mtime_ns, new.st_ctime_ns)
    assert [path.name for path in outside.iterdir()] == ["canary"]


# the network and other processes


@needs_sandbox
@pytest.mark.parametrize("processes", [1, 8])
def test_no_socket_of_any_family_reaches_anybody(
    box: Sandbox,
    workspace: Path,
    outside: Path,
    listeners: dict[str, socket.socket],
    processes: int,
) -> None:
    code = f"""
        import ctypes, os, socket
        def attempt(what, *arguments):
            try: what(*arguments); print("DONE", arguments)
            except OSError: pass
        kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET)
        for family in range(46):
            for kind in kinds:
                attempt(socket.socket, family, kind)
        for kind in kinds[1:]:
            attempt(socket.socketpair, socket.AF_UNIX, kind)
        attempt(socket.create_connection, ("127.0.0.1", {listeners["tcp"].getsockname()[1]}))
        left, right = socket.socketpair()
        attempt(left.connect, {str(outside / "s")!r})
        attempt(left.sendto, b"x", {str(outside / "d")!r})
        attempt(left.connect, "\\0nomoat-test-{os.getpid()}")
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syscall(41, 2, 1, 0) >= 0 or libc.syscall(41 + 0x40000000, 2, 1, 0) >= 0:
            print("DONE by number")
    """
    finished = run(box, workspace, code, processes=processes)
    assert "DONE" not in finished.stdout, finished.stdout
    assert reached(listeners) == []


@needs_sandbox
def test_a_connection_from_a_child_reaches_nobody(
    box: Sandbox, workspace: Path, listeners: dict[str, socket.socket]
) -> None:
    port = listeners["tcp"].getsockname()[1]
    inner = f"import socket; socket.create_connection(('127.0.0.1', {port})); print('DONE')"
    code = f"""
        import subprocess, sys
        print(subprocess.run([sys.executable, "-c", {inner!r}]).returncode)
    """
    finished = run(box, workspace, code, processes=8)
    assert "DONE" not in finished.stdout
    assert finished.stdout == "1\n"
    assert reached(listeners) == []


@needs_sandbox
@pytest.mark.parametrize("call", ["os.kill({pid}, 9)", "resource.prlimit({pid}, 7, (1, 1))"])
@pytest.mark.parametrize("processes", [1, 8])
def test_other_processes_are_left_alone(
    box: Sandbox, workspace: Path, call: str, processes: int
) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        code = f"import os, resource; {call.format(pid=other.pid)}; print('DONE')"
        assert "DONE" not in run(box, workspace, code, processes=processes).stdout
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@needs_sandbox
def test_with_one_process_none_can_be_started(box: Sandbox, workspace: Path) -> None:
    code = """
        import ctypes, os, subprocess, sys
        for start in (os.fork, lambda: subprocess.run([sys.executable, "-c", ""]),
                      lambda: os.posix_spawn(sys.executable, [sys.executable], {})):
            try: start(); print("DONE")
            except OSError: pass
        libc = ctypes.CDLL(None)
        print([libc.syscall(56, 17, 0, 0, 0, 0), libc.syscall(58), libc.syscall(435, 0, 0)])
    """
    assert run(box, workspace, code).stdout == "[-1, -1, -1]\n"


# limits


def _alive(mark: str) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in line and int(folder.name) != os.getpid():
                found.append(int(folder.name))
    return found


@needs_sandbox
def test_grandchildren_do_not_survive(box: Sandbox, workspace: Path) -> None:
    mark = f"mark_{os.getpid()}_{workspace.parent.name}"
    code = f"""
        import os, subprocess, sys
        sleep = [sys.executable, "-c", "import time; time.sleep(60)  # {mark}"]
        subprocess.Popen(sleep)
        subprocess.Popen(sleep, start_new_session=True)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                subprocess.Popen(sleep, start_new_session=True)
            os._exit(0)
        import time; time.sleep(0.3); print("left")
    """
    finished = run(box, workspace, code, processes=12)
    assert finished.stdout == "left\n"
    assert _alive(mark) == []


@needs_sandbox
def test_an_endless_loop_ends(box: Sandbox, workspace: Path) -> None:
    started = time.monotonic()
    finished = run(box, workspace, "print('begun', flush=True)\nwhile True: pass", seconds=0.5)
    assert finished.timed_out
    assert finished.stdout == "begun\n"
    assert time.monotonic() - started < 5


@needs_sandbox
def test_a_sleeping_script_that_ignores_signals_ends(box: Sandbox, workspace: Path) -> None:
    code = """
        import signal, time
        for number in range(1, 32):
            try: signal.signal(number, signal.SIG_IGN)
            except OSError: pass
        time.sleep(60)
    """
    assert run(box, workspace, code, seconds=0.5).timed_out


@needs_sandbox
def test_a_fork_bomb_is_stopped(box: Sandbox, workspace: Path) -> None:
    mark = f"mark_{os.getpid()}_{workspace.parent.name}"
    finished = run(box, workspace, f"import os  # {mark}\nwhile True: os.fork()", processes=8)
    assert finished.stopped == "processes"
    assert _alive(mark) == []


@needs_sandbox
def test_a_memory_bomb_fails(box: Sandbox, workspace: Path) -> None:
    code = "x = []\nwhile True: x.append(bytearray(50_000_000))"
    finished = run(box, workspace, code, memory_mb=400)
    assert finished.code == 1
    assert finished.stderr.endswith("MemoryError\n")


@needs_sandbox
def test_endless_output_is_cut_and_stopped(box: Sandbox, workspace: Path) -> None:
    code = "print('first')\nwhile True: print('x' * 1000)"
    finished = run(box, workspace, code, output_bytes=5_000)
    assert finished.stopped == "output"
    assert finished.stdout.startswith("first\n")
    assert "bytes left out" in finished.stdout
    assert len(finished.stdout) < 6_000


@needs_sandbox
def test_files_cannot_grow_without_end(box: Sandbox, workspace: Path) -> None:
    code = """
        f = open("big", "wb")
        while True: f.write(bytes(1_000_000))
    """
    finished = run(box, workspace, code, file_mb=5)
    assert finished.code != 0
    assert (workspace / "big").stat().st_size <= 5 * 1024 * 1024


@needs_sandbox
def test_many_files_cannot_fill_the_disk(box: Sandbox, workspace: Path) -> None:
    code = """
        import time
        for number in range(100):
            open(f"f{number}", "wb").write(bytes(1_000_000)); time.sleep(0.03)
    """
    assert run(box, workspace, code, disk_mb=5).stopped == "disk"


@needs_sandbox
def test_everything_ends_with_the_program_that_started_it(workspace: Path) -> None:
    mark = f"mark_{os.getpid()}_{workspace.parent.name}"
    script = f"import time; time.sleep(60)  # {mark}"
    starter = f"""
import sys
from nomoat.tools.guard.sandbox import Sandbox
Sandbox().run([sys.executable, "-I", "-c", {script!r}], workspace={str(workspace)!r})
"""
    process = subprocess.Popen([sys.executable, "-c", starter])
    try:
        assert _until(lambda: len(_alive(mark)) > 1)
    finally:
        process.kill()
        process.wait()
    assert _until(lambda: not _alive(mark))


def _until(true: object) -> bool:
    for _ in range(400):
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


# machines that cannot confine


@pytest.mark.parametrize(
    ("support", "why"),
    [
        (Support(landlock=0, seccomp=True, machine="x86_64"), "Landlock"),
        (Support(landlock=7, seccomp=False, machine="x86_64"), "seccomp"),
        (Support(landlock=0, seccomp=False, bubblewrap="/usr/bin/bwrap"), "seccomp"),
        (Support(landlock=7, seccomp=True, machine="riscv64"), "seccomp"),
        (Support(), "seccomp"),
    ],
)
def test_without_support_nothing_is_run(workspace: Path, support: Support, why: str) -> None:
    box = Sandbox(support)
    assert why in box.refusal
    with pytest.raises(Failed, match=why):
        run(box, workspace, "open('made', 'w')")
    assert list(workspace.iterdir()) == []


def test_other_systems_refuse(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert probe() == Support()
    with pytest.raises(Failed, match="Linux only"):
        run(Sandbox(), workspace, "open('made', 'w')")


@needs_sandbox
@pytest.mark.skipif(not HERE.landlock, reason="needs Landlock to pretend to have more of it")
def test_a_part_that_fails_to_apply_ends_the_process(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seccomp, "program", lambda *a, **k: struct.pack("=HBBI", 0xFFFF, 0, 0, 0))
    with pytest.raises(Failed, match="not run"):
        run(Sandbox(KINDS["landlock"]), workspace, "open('made', 'w')")
    assert list(workspace.iterdir()) == []


@needs_sandbox
def test_a_bubblewrap_that_fails_is_not_taken_for_the_program(workspace: Path) -> None:
    box = Sandbox(replace(HERE, landlock=0, bubblewrap=shutil.which("false") or ""))
    with pytest.raises(Failed, match="not run"):
        run(box, workspace, "open('made', 'w')")
    assert list(workspace.iterdir()) == []


def test_the_probe_says_what_the_kernel_says() -> None:
    if sys.platform == "linux":
        said = Path("/sys/kernel/security/lsm")
        if said.exists() and "landlock" not in said.read_text():
            assert HERE.landlock == 0
        assert HERE.bubblewrap == (shutil.which("bwrap") or "")


# the filter


def _answer(program: bytes, arch: int, number: int, *arguments: int) -> int:
    """Run a filter as the kernel would (the few instructions that are used)."""
    data = struct.pack("=iIQ6Q", number, arch, 0, *(*arguments, *[0] * (6 - len(arguments))))
    code = list(struct.iter_unpack("=HBBI", program))
    at, value = 0, 0
    while True:
        operation, yes, no, operand = code[at]
        at += 1
        if operation == 0x06:
            return int(operand)
        if operation == 0x20:
            value = struct.unpack_from("=I", data, operand)[0]
        elif operation == 0x54:
            value &= operand
        else:
            hit = {0x15: value == operand, 0x25: value > operand, 0x45: bool(value & operand)}
            at += yes if hit[operation] else no


ALLOW, KILL, NOSYS, EPERM, EACCES = 0x7FFF0000, 0x80000000, 0x00050026, 0x00050001, 0x0005000D
MACHINES = {
    "x86_64": (0xC000003E, 56, 53, 302, 41, 0),
    "aarch64": (0xC00000B7, 220, 199, 261, 198, 63),
}


@pytest.mark.parametrize("machine", list(MACHINES))
@pytest.mark.parametrize("processes", [False, True])
def test_the_filter_on_each_machine(machine: str, processes: bool) -> None:
    arch, clone, pair, prlimit, sock, read = MACHINES[machine]
    program = seccomp.program(machine, 7, processes=processes)

    def ask(number: int, *arguments: int) -> int:
        return _answer(program, arch, number, *arguments)

    assert ask(read) == ALLOW
    assert _answer(program, 0x40000003, read) == KILL  # 32 bits
    assert ask(463) == ask(9999) == NOSYS
    assert ask(sock, 2, 1) == ask(sock, 1, 1) == EACCES
    assert ask(pair, 1, 1) == ask(pair, 1, 1 | 0o2000000) == ALLOW
    assert ask(pair, 1, 2) == ask(pair, 16, 1) == EACCES
    assert ask(prlimit, 0) == ALLOW
    assert ask(prlimit, 1) == EPERM
    assert ask(clone, 0x3D0F00) == ALLOW  # a thread
    assert ask(clone, 17) == (ALLOW if processes else EPERM)
    assert ask(clone, 0x10000000 | 17) == ask(clone, 0x40000000 | 0x10000) == EPERM
    assert ask(425) == EPERM
    assert ask(435) == NOSYS


def test_older_landlock_is_made_up_for() -> None:
    arch = 0xC000003E
    new, old = (seccomp.program("x86_64", abi, processes=False) for abi in (6, 2))
    assert _answer(new, arch, 62) == _answer(new, arch, 76) == ALLOW  # kill, truncate
    assert _answer(old, arch, 62) == EPERM
    assert _answer(old, arch, 76) == EACCES
