"""Commands of Kubernetes: had by tests/real/build, run to their end or started."""
import functools
import os
import socket
import subprocess
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))


@functools.lru_cache(maxsize=None)
def command(name):
    """The path of a command, built first where the cache does not have it."""
    done = subprocess.run([os.path.join(HERE, "build"), name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{name} cannot be had: {done.stderr.strip().splitlines()[-1]}", pytrace=False)
    return os.path.join(done.stdout.strip(), name)


def run(name, *arguments, **options):
    return subprocess.run([command(name), *arguments], capture_output=True, text=True, timeout=100, check=False, **options)


def ok(name, *arguments, **options):
    """Runs, wants exit code 0, gives standard output."""
    done = run(name, *arguments, **options)
    assert done.returncode == 0, f"{name} {' '.join(arguments)}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Started:
    """A command that runs until it is closed, or until the process that started it has ended; what it says goes to a file."""

    def __init__(self, log, name, *arguments, **options):
        self.name, self.log = name, log
        with open(log, "wb") as said:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", command(name), *arguments], stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, **options)

    def wait_until(self, ready, limit=60):
        """Asks until it is ready; its end, or the end of the limit, is a failure that shows the last of what it said."""
        end = time.monotonic() + limit
        while not ready():
            ended = self.process.poll() is not None
            assert not ended and time.monotonic() < end, f"{self.name} {'ended' if ended else 'is not ready'}:\n{self.said()[-3000:]}"
            time.sleep(0.1)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def close(self):
        self.process.kill()
        self.process.wait()
