"""Machine code on disk: never run when it is damaged or out of date, and shared by processes."""

import ctypes
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from twingrad.engine import machine_code as module
from twingrad.engine.code_cache import cache_folder
from twingrad.engine.machine_code import machine_code

SOURCE = "def kernel(a, b):\n    return a * b + {}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A cache folder of one's own."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "twingrad"


@pytest.fixture
def compilations(monkeypatch):
    """The sources that are compiled from now on."""
    found = []
    compile_source = module._compile

    def counted(name, source, arguments):
        found.append(source)
        return compile_source(name, source, arguments)

    monkeypatch.setattr(module, "_compile", counted)
    return found


def is_anything_kept():
    return any(cache_folder().glob("*.bin"))


def source(number):
    return SOURCE.format(number)


def only_file(folder):
    (path,) = folder.iterdir()
    return path


def test_code_is_compiled_once_and_then_read(folder, compilations):
    assert not is_anything_kept()
    assert machine_code(source(1), 2)(3, 4) == 13
    assert is_anything_kept()
    assert machine_code(source(1), 2)(-3, 4) == -11
    assert compilations == [source(1)]
    assert only_file(folder).suffix == ".bin"


def test_another_source_is_another_function(folder, compilations):
    assert machine_code(source(1), 2)(3, 4) == 13
    assert machine_code(source(2), 2)(3, 4) == 14
    assert len([*folder.iterdir()]) == len(compilations) == 2


def test_code_runs_on_memory_that_it_is_given_the_address_of():
    text = (
        "from twingrad.tensor.compiler.intrinsics import float64_at\n"
        "def kernel(place, count):\n"
        "    x = float64_at(place)\n"
        "    for i in range(count):\n"
        "        x[i] = 2 * x[i]\n"
        "    return count\n"
    )
    x = np.arange(5.0)
    assert machine_code(text, 2)(x.ctypes.data, 4) == 4
    np.testing.assert_array_equal(x, [0, 2, 4, 6, 4])


DAMAGES = {
    "empty": lambda contents: b"",
    "cut off": lambda contents: contents[: len(contents) // 2],
    "cut off in its head": lambda contents: contents[:40],
    "one bit is wrong": lambda contents: contents[:-9] + bytes([contents[-9] ^ 1]) + contents[-8:],
    "another name": lambda contents: contents.replace(b"kernel", b"kennel", 1),
    "zeros": lambda contents: bytes(len(contents)),
    "longer": lambda contents: contents + b"\0",
    "something else": lambda contents: b"\xff\xfe" * 500,
    "another version of the format": lambda contents: contents.replace(b"code 1", b"code 2", 1),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_made_again(folder, compilations, damage):
    machine_code(source(1), 2)
    path = only_file(folder)
    whole = path.read_bytes()
    damaged = DAMAGES[damage](whole)
    assert damaged != whole
    path.write_bytes(damaged)
    assert machine_code(source(1), 2)(3, 4) == 13
    assert len(compilations) == 2
    assert machine_code(source(1), 2)(3, 4) == 13
    assert len(compilations) == 2


def test_a_half_written_file_of_a_killed_process_does_no_harm(folder, compilations):
    machine_code(source(1), 2)
    path = only_file(folder)
    (folder / f"{path.name}.twingrad-0123456789abcdef.tmp").write_bytes(path.read_bytes()[:99])
    path.unlink()
    assert machine_code(source(1), 2)(3, 4) == 13
    assert machine_code(source(1), 2)(3, 4) == 13
    assert len(compilations) == 2


def test_another_version_or_processor_compiles_anew(compilations, monkeypatch):
    machine_code(source(1), 2)
    here = module._machine()
    for k in range(len(here)):
        other = (*here[:k], f"not {here[k]}", *here[k + 1 :])
        monkeypatch.setattr(module, "_machine", lambda other=other: other)
        assert machine_code(source(1), 2)(3, 4) == 13
        assert len(compilations) == k + 2


def test_what_code_depends_on_makes_it_new_when_it_changes(tmp_path, compilations):
    path = tmp_path / "module.py"
    for text, count in (("a = 1", 1), ("a = 2", 2), ("a = 1", 2)):
        path.write_text(text)
        assert machine_code(source(1), 2, [path])(3, 4) == 13
        assert len(compilations) == count


@pytest.mark.parametrize("obstacle", ["a file in its place", "no permission", "a file's name"])
def test_where_nothing_can_be_written_a_process_has_its_own(
    folder, compilations, monkeypatch, obstacle
):
    folder.parent.mkdir()
    if obstacle == "a file in its place":
        folder.write_bytes(b"")
    elif obstacle == "no permission":

        def refuse(path, content):
            raise PermissionError

        monkeypatch.setattr(module, "write_bytes", refuse)
    else:
        machine_code(source(1), 2)
        path = only_file(folder)
        path.unlink()
        path.mkdir()
    for _ in range(2):
        assert machine_code(source(1), 2)(3, 4) == 13
    assert len(compilations) >= 2


def test_a_fault_of_the_source_is_told_and_nothing_is_kept(folder):
    with pytest.raises(Exception, match="is_not_there"):
        machine_code("def kernel(a):\n    return is_not_there(a)\n", 1)
    assert not folder.exists()


def test_functions_can_be_called_by_their_address():
    function = machine_code(source(5), 2)
    kinds = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
    result, error = ctypes.c_int64(), ctypes.c_void_p()
    call = ctypes.CFUNCTYPE(ctypes.c_int32, *kinds)(function.address)
    assert call(ctypes.addressof(result), ctypes.addressof(error), 6, 7) == 0
    assert result.value == 47


STEP = """
import sys
import twingrad
from twingrad import optim

assert "numba" not in sys.modules
w = twingrad.tensor([[1.0, 2.0]], requires_grad=True)
optimizer = optim.SGD([w], lr=0.1)

@twingrad.compile
def step(x):
    optimizer.zero_grad()
    loss = ((x @ w.T) ** 2).mean()
    loss.backward()
    optimizer.step()
    return loss

x = twingrad.tensor([[1.0, 0.0], [3.0, 1.0]])
losses = [step(x).item() for _ in range(4)]
print([each.hex() for each in losses], "numba" in sys.modules)
"""


def started(text=STEP):
    return subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)


def ended(process):
    out, _ = process.communicate()
    assert process.returncode == 0
    return out.strip().rsplit(" ", 1)


def test_processes_share_code_and_a_warm_start_does_without_numba(folder):
    found = [ended(each) for each in [started(), started()]]
    assert len([*folder.iterdir()]) == 1
    warm = ended(started())
    assert warm[1] == "False"
    assert [losses for losses, _ in found] == [warm[0]] * 2


def test_a_process_that_is_killed_while_it_compiles_leaves_nothing_bad(folder):
    process = started(STEP + "\nraise SystemExit")
    for _ in range(3):
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert machine_code(source(1), 2)(3, 4) == 13
    first, second = ended(started()), ended(started())
    assert first[0] == second[0]
