"""A pseudo-terminal to run programs on."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

PATIENCE = 120
"""Seconds after which a screen that was waited for is given up."""


class Terminal:
    """A program on a pseudo-terminal: keys go in, the screen comes out."""

    def __init__(self, *arguments, size=(80, 24), cwd=None):
        self.master, self.slave = pty.openpty()
        self.resize(*size)
        self.settings = termios.tcgetattr(self.slave)
        self.output = ""
        environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env=environment,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # Ctrl-C becomes a signal
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def resize(self, width, height):
        size = struct.pack("HHHH", height, width, 0, 0)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, size)
        self.shape = [width] * height

    def type(self, keys):
        os.write(self.master, keys.encode())

    def read(self, seconds):
        ready = bool(select.select([self.master], [], [], seconds)[0])
        if ready:
            self.output += os.read(self.master, 65536).decode(errors="replace")
        return ready

    @property
    def screen(self):
        """What was drawn last, without colours; every screen begins at the top left."""
        return _plain(self.output.rpartition("\x1b[H")[2])

    @property
    def text(self):
        """All that was ever written, without colours."""
        return _plain(self.output)

    @property
    def lines(self):
        return self.screen.split("\r\n")

    def wait_for(self, text):
        """Wait for a whole screen that holds ``text``; what is read may end within one."""
        end = time.monotonic() + PATIENCE
        while text not in self.screen or [len(line) for line in self.lines] != self.shape:
            assert time.monotonic() < end, f"no {text!r} in {self.screen!r}"
            self.read(0.1)

    def wait_for_line(self, text):
        """Wait until ``text`` was written, of a program that writes line by line."""
        end = time.monotonic() + PATIENCE
        while text not in self.output:
            assert time.monotonic() < end, f"no {text!r} in {self.output!r}"
            assert self.process.poll() is None or self.read(0.1), f"ended: {self.output!r}"
            self.read(0.1)

    def end(self):
        """The exit code, once the program has ended and everything it wrote is read."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, f"still running: {self.screen!r}"
            self.read(0.05)
        while self.read(0.1):
            pass
        return self.process.returncode

    def is_restored(self):
        """Whether the settings, the first screen and the cursor are as they were."""
        return (
            termios.tcgetattr(self.slave) == self.settings
            and self.output.rfind("\x1b[?1049l") > self.output.rfind("\x1b[?1049h")
            and self.output.rfind("\x1b[?25h") > self.output.rfind("\x1b[?25l")
        )


def _plain(output):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output)
