"""Child processes that never outlive us, whichever way we end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# One small shell hears who is alive and, when our end of its pipe closes for whatever reason (kill -9 included),
# asks each to stop, newest first, and after forty seconds insists. It needs nothing of ours to be still running.
# A dead child that nobody has fetched yet still answers `kill -0`, but no longer has a program.
GUARD = """
lives() { if [ -e /proc/self/exe ]; then [ -e "/proc/$1/exe" ]; else kill -0 "$1" 2>/dev/null; fi; }
alive=
while read -r word signal pid; do
  case $word in
    watch) alive="$signal:$pid $alive" ;;
    forget) rest=; for one in $alive; do [ "${one#*:}" = "$pid" ] || rest="$rest$one "; done; alive=$rest ;;
  esac
done
for one in $alive; do kill -"${one%%:*}" "${one#*:}" 2>/dev/null; done
turns=0
while [ -n "$alive" ] && [ $turns -lt 400 ]; do
  rest=; for one in $alive; do lives "${one#*:}" && rest="$rest$one "; done; alive=$rest
  [ -z "$alive" ] || sleep 0.1; turns=$((turns + 1))
done
for one in $alive; do kill -9 "${one#*:}" 2>/dev/null; done
"""
PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


class Guard:
    """The shell above, told of every child; there is one for each process that starts children."""

    _ours: Guard | None = None

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", GUARD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    @classmethod
    def ours(cls) -> Guard:
        if cls._ours is None or cls._ours.owner != os.getpid() or cls._ours._process.poll() is not None:
            cls._ours = Guard()
        return cls._ours

    def tell(self, word: str, signal_number: int, pid: int) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{word} {signal_number} {pid}\n".encode())
            self._process.stdin.flush()


class Child:
    """A running process in a session of its own, so that Ctrl-C in the terminal reaches only us.

    Start children from the main thread: Linux tells a child that the *thread* which forked it has died.

        child = Child(["valkey-server", "-"], stdin=b"port 6379\\n", log=data_dir / "valkey.log")
        child.stop()
    """

    def __init__(
        self,
        arguments: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: bytes | None = None,
        log: Path | None = None,
        death: signal.Signals = signal.SIGTERM,
        user: tuple[int, int] | None = None,
    ) -> None:
        self.death = death
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab")) if log else None
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [str(argument) for argument in arguments],
                env=dict(env) if env is not None else None,
                cwd=cwd,
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
                preexec_fn=_die_with_parent(death),
                user=user and user[0],
                group=user and user[1],
                extra_groups=[] if user else None,
            )
        self.pid = self._process.pid
        Guard.ours().tell("watch", death, self.pid)
        if stdin is not None:
            assert self._process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(stdin)
                self._process.stdin.close()

    def exit_code(self) -> int | None:
        """What it ended with, or None while it runs."""
        code = self._process.poll()
        if code is not None:
            Guard.ours().tell("forget", 0, self.pid)
        return code

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; one that has ended does not mind."""
        self._process.send_signal(number)

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end, at most `seconds`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.exit_code() is not None

    def stop(self, *, patience: float = 20, insist: signal.Signals = signal.SIGKILL) -> None:
        """Ask it to end, wait, then insist."""
        self.send(self.death)
        if not self.ends_within(patience):
            self.send(insist)
            if not self.ends_within(5):
                self.kill()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.send(signal.SIGKILL)
        self._process.wait()
        self.exit_code()


def wait_until(done: Callable[[], bool], *, seconds: float, every: float = 0.01) -> bool:
    """Ask `done` again and again; False when `seconds` have passed without a yes."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port nobody listens on now; who takes it must be ready to ask for another."""
    return free_ports(1, host)[0]


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """So many of them, each another: asked for one by one, the same may be given twice."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((host, 0))
        return [probe.getsockname()[1] for probe in probes]


def command_line(pid: int) -> str:
    """What a process was started with; empty when there is none with this id."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self/cmdline").exists():
            return ""
    listed = subprocess.run(["ps", "-ww", "-p", str(pid), "-o", "args="], capture_output=True, text=True, check=False)
    return listed.stdout.strip()


def children_of(pid: int) -> list[int]:
    """The ids of the processes it has started itself."""
    if not Path("/proc/self/stat").exists():
        pairs = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
        return [int(line.split()[0]) for line in pairs.splitlines() if line.split()[1] == str(pid)]
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] == str(pid):
                found.append(int(stat.parent.name))
    return found


def _die_with_parent(death: signal.Signals) -> Callable[[], None] | None:
    prctl = _prctl
    if prctl is None:
        return None
    parent = os.getpid()

    def in_the_child() -> None:
        prctl(PR_SET_PDEATHSIG, int(death), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return in_the_child
