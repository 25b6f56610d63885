"""Set up `.venv` and the models; `make` calls this as `python3 .ci/setup.py run` or `… test`.

It uses the standard library only, since it runs before anything is installed. llama.cpp has to
be compiled, which takes minutes, so the compiler works in the background while the other packages
and the models are fetched.
"""

# No deferred annotations: even Python 3.6 has to get as far as the sentence in `check_machine`.
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CONSTRAINTS = ROOT / "constraints.txt"
WHEELS = VENV / "wheels"
LOGS = VENV / "logs"
COMPILED = "llama-cpp-python"
EXTRAS = {"run": (), "test": ("dev", "mcp", "docs")}
MODELS = {
    "run": ("minilm-l6-v2", "qwen2.5-coder-1.5b"),
    "test": ("minilm-l6-v2", "smollm2-135m", "qwen2.5-coder-1.5b"),
}
SECONDS_BETWEEN_LINES = 10  # where there is no terminal to draw on

BUILD_OPTIONS = (
    f"--config-settings=cmake.define.CMAKE_PROJECT_INCLUDE={ROOT / '.ci' / 'llama.cmake'}",
)

PACKAGE_MANAGERS = {
    "apt-get": (
        "sudo apt-get install -y",
        "g++",
        "python3 python3-venv",
        "bubblewrap",
        "chromium chromium-driver",
        "tmux",
    ),
    "dnf": (
        "sudo dnf install -y",
        "gcc-c++",
        "python3.12",
        "bubblewrap",
        "chromium chromedriver",
        "tmux",
    ),
    "pacman": ("sudo pacman -S --needed", "gcc", "python", "bubblewrap", "chromium", "tmux"),
    "zypper": (
        "sudo zypper install -y",
        "gcc-c++",
        "python312",
        "bubblewrap",
        "chromium chromedriver",
        "tmux",
    ),
    "apk": (
        "sudo apk add",
        "g++",
        "python3",
        "bubblewrap",
        "chromium chromium-chromedriver",
        "tmux",
    ),
}
MAC = (
    "xcode-select --install",
    "brew install python@3.12",
    "brew install bubblewrap",
    "brew install chromium chromedriver",
    "brew install tmux",
)
COMPILER, INTERPRETER, BUBBLEWRAP, BROWSER, TERMINAL = range(5)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
APT_INSTALL = (
    "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "
)


class Task:
    """A command that runs while its output goes to a log; `wait` shows how far it is."""

    def __init__(self, label: str, command: "list[str]") -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.label = label
        self.log = LOGS / (re.sub(r"\W+", "-", label.lower()) + ".log")
        self.latest = ""
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines, self.log.open("w") as log:
            for line in lines:
                log.write(line)
                self.latest = summary(line) or self.latest

    def wait(self, needed: bool = True) -> bool:
        """Whether the command has succeeded; where it is needed and has not, end the program."""
        started = last_line = time.monotonic()
        terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        say(f"{self.label} …")
        while self.process.poll() is None:
            time.sleep(0.2)
            now = time.monotonic()
            if terminal:
                width = shutil.get_terminal_size().columns - 1
                text = f"{self.label} · {now - started:.0f} s · {self.latest}"
                sys.stdout.write("\r\033[K" + text[:width])
                sys.stdout.flush()
            elif now - last_line >= SECONDS_BETWEEN_LINES:
                say(f"  {now - started:.0f} s  {self.latest}".rstrip())
                last_line = now
        self.reader.join()
        if terminal:
            sys.stdout.write("\r\033[K")
        if self.process.returncode != 0 and not needed:
            return False
        if self.process.returncode != 0:
            say("".join(self.log.read_text().splitlines(keepends=True)[-25:]))
            sys.exit(f"{self.label}: failed; the whole output is in {self.log}")
        say(f"  done in {time.monotonic() - started:.0f} s")
        return True

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def say(text: str) -> None:
    print(text, flush=True)


def summary(line: str) -> str:
    """What of an output line is worth showing while one waits; empty for most lines."""
    counted = re.match(r"\s*\[(\d+)/(\d+)\]", line)
    if counted:
        return f"compiled {counted[1]} of {counted[2]}"
    words = line.split()
    shown = ("Collecting", "Downloading", "Building", "Installing", "Processing", "Preparing")
    return " ".join(words)[:70] if words and words[0] in shown else ""


def advice(what: int) -> str:
    """The command of this machine's package manager that installs it."""
    for manager, (install, *packages) in PACKAGE_MANAGERS.items():
        if shutil.which(manager):
            return f"{install} {packages[what]}"
    return MAC[what] if shutil.which("brew") else "the package manager of this system"


def check_machine() -> None:
    """End with one sentence and a command where something is missing that cannot be installed."""
    if sys.version_info < (3, 11):
        found = ".".join(str(part) for part in sys.version_info[:3])
        sys.exit(
            f"nomoat needs Python 3.11 or newer; {sys.executable} is {found}.\n"
            f"Install one with: {advice(INTERPRETER)}\nThen name it: make PYTHON=python3.12 …"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        sys.exit(
            f"This Python comes without the venv module.\nInstall it with: {advice(INTERPRETER)}"
        )
    if not is_compiled() and not any(map(shutil.which, ("c++", "g++", "clang++"))):
        sys.exit(
            "There is no C++ compiler here, and llama.cpp has to be compiled.\n"
            f"Install one with: {advice(COMPILER)}"
        )


def pinned(name: str) -> str:
    """The version that constraints.txt holds a package to."""
    lines = CONSTRAINTS.read_text().splitlines()
    return next(line.split("==")[1] for line in lines if line.startswith(name + "=="))


def is_compiled() -> bool:
    folder = f"{COMPILED.replace('-', '_')}-{pinned(COMPILED)}.dist-info"
    return any(VENV.glob(f"lib/python*/site-packages/{folder}"))


def requirements(extras: "tuple[str, ...]") -> "list[str]":
    """What pyproject.toml asks for, without the package that is compiled beside."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return [requirement for requirement in wanted if not requirement.startswith(COMPILED)]


def pip(*arguments: str) -> "list[str]":
    common = ("--disable-pip-version-check", "--no-input", "--progress-bar=off")
    return [str(PYTHON), "-m", "pip", arguments[0], *common, *arguments[1:]]


def succeeds(command: "list[str]") -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def make_environment() -> None:
    works = PYTHON.exists() and succeeds([str(PYTHON), "-m", "pip", "-V"])
    if not works:
        Task("Creating .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)]).wait()
    # pip 23, which comes with Python 3.11, does not resolve these packages in reasonable time
    Task("Updating pip", pip("install", "--upgrade", "pip>=25")).wait()


def start_compiler() -> "Task | None":
    if is_compiled():
        return None
    wheel = pip("wheel", "-v", "--no-deps", "-w", str(WHEELS), *BUILD_OPTIONS)
    return Task("Compiling llama.cpp", [*wheel, f"{COMPILED}=={pinned(COMPILED)}"])


def install(purpose: str) -> None:
    held = ("-c", str(CONSTRAINTS))
    Task("Installing packages", pip("install", *held, *requirements(EXTRAS[purpose]))).wait()
    Task("Installing nomoat", pip("install", "--no-deps", "-e", str(ROOT))).wait()


def provide_bubblewrap() -> None:
    """Code is confined by Landlock or by bubblewrap, and the tests try what there is of the two."""
    if sys.platform.startswith("linux") and not shutil.which("bwrap"):
        provide(BUBBLEWRAP, "Without bubblewrap the tests confine code by Landlock only.")


def provide_browser() -> None:
    """The page of a run is read in a real browser by one test, which fails where there is none."""
    if not (any(map(shutil.which, BROWSERS)) and shutil.which("chromedriver")):
        provide(BROWSER, "Without Chromium and its driver the tests of a run's page fail.")


def provide_terminal() -> None:
    """What a person sees is read off a terminal inside tmux by one test, which fails without."""
    if not shutil.which("tmux"):
        provide(TERMINAL, "Without tmux the tests of what a terminal shows fail.")


def provide(what: int, without: str) -> None:
    """Install a system package where that can be done without asking, else name the command."""
    packages = PACKAGE_MANAGERS["apt-get"][1 + what]
    command = ["sh", "-c", APT_INSTALL + packages]
    may = sys.platform.startswith("linux") and os.geteuid() == 0 and shutil.which("apt-get")
    if may and Task(f"Installing {packages}", command).wait(needed=False):
        return
    say(f"{without}\nInstall it with: {advice(what)}")


def pull_models(purpose: str) -> None:
    say("Pulling models: " + ", ".join(MODELS[purpose]))
    command = [str(PYTHON), "-m", "nomoat.agent.cli.models", "pull", *MODELS[purpose]]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def main(purpose: str) -> None:
    started = time.monotonic()
    check_machine()
    make_environment()
    compiler = start_compiler()
    try:
        if purpose == "test":
            provide_bubblewrap()
            provide_browser()
            provide_terminal()
        install(purpose)
        pull_models(purpose)
        if compiler:
            compiler.wait()
            held = ("-c", str(CONSTRAINTS), "--find-links", str(WHEELS))
            Task("Installing llama.cpp", pip("install", *held, COMPILED)).wait()
    except KeyboardInterrupt:
        sys.exit("\nStopped; the same command goes on from here.")
    finally:
        if compiler:
            compiler.stop()
    for reached in {"run", purpose}:
        (VENV / f".ready-{reached}").touch()
    say(f"Ready after {time.monotonic() - started:.0f} s.")


if __name__ == "__main__":
    main(sys.argv[1])
