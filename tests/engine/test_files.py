"""Writing files: the whole text or the old file, never half of one."""

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys

import pytest

from twingrad.engine import files
from twingrad.engine.files import make_folder, remove_leftovers, told, write_text

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


def test_the_file_is_synced_before_it_takes_its_name_and_the_directory_after_that(old, monkeypatch):
    events = []
    replace = os.replace

    def fsync(descriptor):
        events.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

    def noted_replace(*paths):
        events.append("name")
        replace(*paths)

    monkeypatch.setattr(files.os, "fsync", fsync)
    monkeypatch.setattr(files.os, "replace", noted_replace)
    write_text(old, NEW)
    assert events == ["file", "name", "directory"]


def failing_for_directories(monkeypatch, function, number):
    """Let a function of the system fail where it is given a directory, or its descriptor."""
    system = getattr(os, function)

    def fail(where, *arguments):
        if stat.S_ISDIR(os.stat(where).st_mode if os.path.exists(where) else 0):
            raise OSError(number, os.strerror(number))
        return system(where, *arguments)

    monkeypatch.setattr(files.os, function, fail)


@pytest.mark.parametrize(
    ("function", "number"),
    [("fsync", errno.EINVAL), ("fsync", errno.ENOTSUP), ("open", errno.EACCES)],
)
def test_where_directories_cannot_be_synced_files_are_written_all_the_same(
    old, monkeypatch, function, number
):
    failing_for_directories(monkeypatch, function, number)
    write_text(old, NEW)
    assert old.read_text(encoding="utf-8") == NEW
    assert alone(old)


def test_a_directory_that_fails_to_be_synced_is_told(old, monkeypatch):
    failing_for_directories(monkeypatch, "fsync", errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        write_text(old, NEW)
    assert old.read_text(encoding="utf-8") == NEW
    assert alone(old)


def test_a_folder_is_made_with_those_above_it_and_each_new_name_is_synced(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(files, "_sync_folder", synced.append)
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert sorted(synced) == [tmp_path, tmp_path / "a"]
    make_folder(str(tmp_path / "a"))
    assert len(synced) == 2


def test_a_folder_cannot_be_made_where_a_file_is(old):
    with pytest.raises(FileExistsError):
        make_folder(old)
    with pytest.raises(NotADirectoryError):
        make_folder(old / "folder")


def leftover(folder):
    path = folder / f".twingrad-{'0' * 16}.tmp"
    path.write_text("half of")
    return path


def test_what_killed_processes_left_is_removed(old):
    code = (
        "import os, signal, sys; from twingrad.engine import files; "
        "files.os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL); "
        "files.write_text(sys.argv[1], 'new')"
    )
    assert run(code, str(old)).returncode == -signal.SIGKILL
    assert len([*old.parent.iterdir()]) == 2
    remove_leftovers(old.parent)
    assert alone(old)


def test_what_others_made_is_left_alone(tmp_path):
    leftover(tmp_path)
    kept = [".twingrad-notes.tmp", ".twingrad-0.tmp", f".twingrad-{'0' * 16}.tmp.txt", "x.tmp"]
    for name in kept:
        (tmp_path / name).write_text("mine")
    (tmp_path / f".twingrad-{'1' * 16}.tmp").mkdir()
    (tmp_path / f".twingrad-{'2' * 16}.tmp").symlink_to("x.tmp")
    remove_leftovers(str(tmp_path))
    assert len([*tmp_path.iterdir()]) == len(kept) + 2


@pytest.mark.parametrize("moment", ["fsync", "chmod", "replace"])
def test_what_is_being_written_is_no_leftover(old, monkeypatch, moment):
    system = getattr(os, moment)
    removed = leftover(old.parent)

    def meanwhile(*arguments):
        remove_leftovers(old.parent)
        system(*arguments)

    monkeypatch.setattr(files.os, moment, meanwhile)
    write_text(old, NEW)
    assert old.read_text(encoding="utf-8") == NEW
    assert not removed.exists()


@pytest.mark.parametrize("lost", ["removed", "locked"])
def test_a_file_that_is_taken_for_a_leftover_before_it_is_locked_is_made_anew(
    old, monkeypatch, lost
):
    flock = fcntl.flock
    calls = []

    def too_late(descriptor, operation):
        calls.append(descriptor)
        (temporary,) = old.parent.glob(".twingrad-*.tmp")
        if len(calls) == 1:
            temporary.unlink()
            if lost == "locked":
                raise BlockingIOError
        flock(descriptor, operation)

    monkeypatch.setattr(files.fcntl, "flock", too_late)
    write_text(old, NEW)
    assert len(calls) == 2
    assert old.read_text(encoding="utf-8") == NEW
    assert alone(old)


def test_without_locks_files_are_written_and_nothing_passes_for_a_leftover(old, monkeypatch):
    def fail(descriptor, operation):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(files.fcntl, "flock", fail)
    write_text(old, NEW)
    assert alone(old)
    kept = leftover(old.parent)
    remove_leftovers(old.parent)
    assert kept.exists()


def test_leftovers_that_cannot_be_removed_are_no_error(tmp_path, monkeypatch):
    def fail(path):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    remove_leftovers(tmp_path / "missing")
    kept = leftover(tmp_path)
    remove_leftovers(kept)
    monkeypatch.setattr(files.os, "unlink", fail)
    remove_leftovers(tmp_path)
    assert kept.exists()


def test_an_error_is_told_in_a_sentence_by_an_error_of_its_kind():
    error = told(FileNotFoundError(errno.ENOENT, "No such file"), "f: path must be", "a", "look")
    assert type(error) is FileNotFoundError
    assert error.errno == errno.ENOENT
    assert error.strerror == "f: path must be, got 'a' (no such file): look"
    assert "(unknown): look" in str(told(OSError("unknown"), "f: path must be", "a", "look"))
