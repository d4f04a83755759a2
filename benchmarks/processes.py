"""The processes of peers: what they find around them, and how they are talked to."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from threading import Timer
from typing import Any, final

from .peers.base import Peer
from .works import Work

_PATIENCE = 600.0
"""Seconds after which a process that does not answer is ended."""

_THREADS = (
    *("MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    *("VECLIB_MAXIMUM_THREADS",),
)

_TUNING = re.compile(
    r"(ATEN|DNNL|GOMP|JAX|KMP|MKL|NUMBA|OMP|ONEDNN|OPENBLAS|TORCH|TORCHINDUCTOR|XLA)_[A-Z0-9_]+"
)
"""Variables that tune one library or another, such as OPENBLAS_CORETYPE."""


def tuned() -> list[str]:
    """The variables of this process that tune libraries, which no peer gets to see."""
    return sorted(filter(_TUNING.fullmatch, os.environ))


def environment(threads: int, caches: str) -> dict[str, str]:
    """What a process finds around it: its number of threads, and a folder for compiled code.

    All libraries are as they come: what tunes them is not passed on.
    """
    multiple = "true" if threads > 1 else "false"
    return {
        **{name: os.environ[name] for name in os.environ.keys() - tuned()},
        **dict.fromkeys(_THREADS, str(threads)),
        "JAX_PLATFORMS": "cpu",
        "NUMBA_CACHE_DIR": os.path.join(caches, "numba"),
        "TORCHINDUCTOR_CACHE_DIR": os.path.join(caches, "inductor"),
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={multiple}",
    }


def command(entry: str, *words: str) -> list[str]:
    """What runs ``entry``, a module of this folder and a function in it, without twingrad's import.

    The folder is a package of its own there: a peer's process must not pay for ours.
    """
    folder = Path(__file__).parent
    module, _, function = entry.rpartition(".")
    code = (
        f"import sys; sys.path.insert(0, {str(folder.parent)!r}); import {folder.name}; "
        f"del sys.path[0]; from {folder.name}.{module} import {function}; {function}()"
    )
    return [sys.executable, "-P", "-c", code, *words]


class PeerFailed(Exception):
    """A peer that cannot do a work, with the reason as its text."""


@final
class Process:
    """The process of a peer: requests go in, answers come out."""

    def __init__(self, peer: Peer, work: Work, threads: int, caches: str, shuffled: bool) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed by end()
        self._process = subprocess.Popen(
            command("worker.main"),
            env=environment(threads, caches),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        fields = {name: each for name, each in asdict(work).items() if name != "aims"}
        try:
            self.first = self.ask(peer=peer.name, work=fields, threads=threads, shuffled=shuffled)
        except BaseException:
            self.end()
            raise

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer to a request; :class:`PeerFailed` if there is none."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process has no pipes")
        timer = Timer(_PATIENCE, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if not line:
            raise PeerFailed(f"its process ended: {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise PeerFailed(" ".join(answer["failed"].split())[:300])
        return answer

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _last_words(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), f"exit code {code}")
