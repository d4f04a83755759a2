"""Writing files: the whole text or the old file, never half of one."""

import errno
import os
import signal
import stat
import subprocess
import sys

import pytest

from twingrad.engine.files import write_text

OLD, NEW = "old\n", "new: \N{GREEK SMALL LETTER ALPHA}\n"


@pytest.fixture
def old(tmp_path):
    file = tmp_path / "graph.svg"
    file.write_text(OLD)
    return file


def alone(file):
    """Whether the file is the only thing in its directory: no temporary is left."""
    return list(file.parent.iterdir()) == [file]


def run(code, *arguments, **options):
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, **options)


def test_a_new_file_holds_the_text_in_utf_8(tmp_path):
    file = tmp_path / "graph.svg"
    write_text(file, NEW)
    assert file.read_bytes() == NEW.encode()
    assert alone(file)


def test_an_existing_file_is_replaced(old):
    write_text(str(old), NEW)
    assert old.read_text(encoding="utf-8") == NEW
    assert alone(old)


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o000, 0o666)])
def test_a_new_file_has_the_permissions_that_the_umask_allows(tmp_path, umask, mode):
    file = tmp_path / "graph.svg"
    before = os.umask(umask)
    try:
        write_text(file, NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_an_existing_file_keeps_its_permissions(old, mode):
    old.chmod(mode)
    write_text(old, NEW)
    assert stat.S_IMODE(old.stat().st_mode) == mode


def test_behind_a_symbolic_link_the_file_that_it_points_to_is_written(old, tmp_path):
    link = tmp_path / "link.svg"
    link.symlink_to(old.name)
    write_text(link, NEW)
    assert link.is_symlink()
    assert old.read_text(encoding="utf-8") == NEW


def test_a_dangling_symbolic_link_leads_to_a_new_file(tmp_path):
    link = tmp_path / "link.svg"
    link.symlink_to("missing.svg")
    write_text(link, NEW)
    assert (tmp_path / "missing.svg").read_text(encoding="utf-8") == NEW


def test_a_long_name_is_no_trouble(tmp_path):
    file = tmp_path / ("x" * 255)
    write_text(file, NEW)
    assert alone(file)


@pytest.mark.parametrize("failing", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_failure_on_the_way_leaves_the_old_file(old, monkeypatch, failing, error):
    def fail(*arguments):
        raise error

    monkeypatch.setattr(f"twingrad.engine.files.os.{failing}", fail)
    with pytest.raises(type(error)):
        write_text(old, NEW)
    assert old.read_text() == OLD
    assert alone(old)


def test_a_full_disk_leaves_the_old_file(old):
    code = (
        "import resource, sys; from twingrad.engine.files import write_text; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); "
        "write_text(sys.argv[1], 'x' * 5000)"
    )
    ran = run(code, str(old))
    assert b"File too large" in ran.stderr
    assert old.read_text() == OLD
    assert alone(old)


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_killed_process_leaves_the_old_file(old, moment):
    code = (
        "import os, signal, sys; from twingrad.engine import files; "
        f"files.os.{moment} = lambda *_: os.kill(os.getpid(), signal.SIGKILL); "
        "files.write_text(sys.argv[1], 'new')"
    )
    assert run(code, str(old)).returncode == -signal.SIGKILL
    assert old.read_text() == OLD


def test_a_missing_directory_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_text(tmp_path / "missing" / "graph.svg", NEW)


@pytest.mark.parametrize("ending", ["", os.sep])
def test_a_directory_is_refused(tmp_path, ending):
    with pytest.raises(IsADirectoryError):
        write_text(f"{tmp_path}{ending}", NEW)


def test_the_name_of_a_directory_that_is_missing_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError):
        write_text(f"{tmp_path / 'missing'}{os.sep}", NEW)
    assert not list(tmp_path.iterdir())


def test_a_write_protected_file_is_left_alone(old, monkeypatch):
    # the superuser may write anywhere, so that the answer of the system is pretended here
    monkeypatch.setattr("twingrad.engine.files.os.access", lambda path, mode: False)
    with pytest.raises(PermissionError):
        write_text(old, NEW)
    assert old.read_text() == OLD


def test_a_device_is_written_to_and_stays_a_device():
    write_text(os.devnull, NEW)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="no such device here")
def test_a_pipe_is_written_to():
    code = "from twingrad.engine.files import write_text; write_text('/dev/stdout', 'text')"
    assert run(code).stdout == b"text"
