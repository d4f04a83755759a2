"""A function by its name, ``MODULE:FUNCTION``, and what went wrong in code that is not ours."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, final

from ..engine.wording import suggestion
from .arguments import function_name

_PACKAGE = Path(__file__).resolve().parents[1]
_FORM = "write for example losses.py:huber or package.module:function"


@final
@dataclass(frozen=True)
class Named:
    """What a name leads to.

    Attributes
    ----------
    name : str
        The last part: what to call it in a sentence.
    found : object
        What has that name.
    module : module
        Where it is.
    """

    name: str
    found: Any
    module: ModuleType

    def line_of(self, error: BaseException) -> str:
        """Where its code raised, or called what raised: ``"losses.py, line 3"``.

        Empty if none of it was running, or if it is a part of this package.
        """
        files = {self.module.__file__, _file(inspect.unwrap(self.found)), _file(type(self.found))}
        return _innermost(error, lambda filename: filename in files and not _is_ours(filename))


def find(text: str) -> Named:
    """Import what ``MODULE:FUNCTION`` names, as ``python FILE`` and ``python -m MODULE`` would.

    The folder of the file, or the working directory, comes to be the first one on ``sys.path``.

    ``MODULE`` is the path of a file that ends in ``.py``, or a dotted name, which is looked for in
    the working directory first; ``FUNCTION`` may be the attribute of a class or of an instance,
    with dots between.

    Raises
    ------
    ValueError
        One sentence: there is no such file, module or name, or the module cannot be imported; in
        that case with the error, the file and the line.

    Examples
    --------
    >>> find("math.hypot")
    Traceback (most recent call last):
    ValueError: a function must be given as MODULE:FUNCTION, got 'math.hypot': write for example ...
    """
    place, colon, path = text.rpartition(":")
    if not (colon and place and path):
        raise ValueError(f"a function must be given as MODULE:FUNCTION, got {text!r}: {_FORM}")
    module = _module(place)
    found: Any = module
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            names = [each for each in dir(found) if not each.startswith("_")]
            where = place if found is module else function_name(found)
            cure = suggestion(name, names, f"it has {', '.join(names[:8]) or 'no public names'}")
            raise ValueError(f"{where} has no {name!r}: {cure}") from None
    return Named(path.rpartition(".")[2], found, module)


def said(error: BaseException) -> str:
    """An exception in a line: its kind and its text."""
    text = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line(filename: str, number: int | None) -> str:
    """A place in a file, as seen from the working directory where it is in there."""
    inside = Path.cwd() in Path(filename).parents
    return f"{os.path.relpath(filename) if inside else filename}, line {number}"


def _innermost(error: BaseException, keep: Callable[[str], bool]) -> str:
    """The innermost line that was running in one of the files to be kept; empty if in none."""
    frames = traceback.extract_tb(error.__traceback__)
    kept = [_line(each.filename, each.lineno) for each in frames if keep(each.filename)]
    return kept[-1] if kept else ""


def _module(place: str) -> ModuleType:
    is_file = place.endswith(".py") or os.sep in place
    if is_file and not os.path.isfile(place):
        raise ValueError(f"MODULE must be a file or a module, got {place!r}: there is no such file")
    try:
        with_folder = Path(place).resolve().parent if is_file else Path.cwd()
        if str(with_folder) not in sys.path:
            sys.path.insert(0, str(with_folder))
        return _from_file(Path(place)) if is_file else importlib.import_module(place)
    except (Exception, SystemExit) as error:
        raise ValueError(_refusal(place, error)) from error


def _from_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
    if spec is None or spec.loader is None:
        raise ImportError("it is no file of Python code")
    module = importlib.util.module_from_spec(spec)
    if path.stem in sys.modules:  # a file may be called as a module that Python itself needs
        spec.loader.exec_module(module)
        return module
    sys.modules[path.stem] = module  # dataclasses and the like look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[path.stem]
        raise
    return module


def _refusal(place: str, error: BaseException) -> str:
    """Why a module cannot be imported."""
    if isinstance(error, ModuleNotFoundError) and f"{place}.".startswith(f"{error.name}."):
        path = f"{place.replace('.', os.sep)}.py"
        near = f"did you mean {path}?" if os.path.isfile(path) else _FORM
        return f"there is no module {place!r}, seen from {str(Path.cwd())!r}: {near}"
    if isinstance(error, SystemExit):
        return (
            f"{place} ends the program when it is imported ({_place_of_import(error)}): put what "
            'is to run as a script behind `if __name__ == "__main__":`'
        )
    return f"{place} cannot be imported: {said(error)} ({_place_of_import(error)})"


def _file(code: Any) -> str | None:
    """The file of a function or a class; None for what has none."""
    try:
        return inspect.getsourcefile(code)
    except TypeError:
        return None


def _is_ours(filename: str) -> bool:
    """Whether a file is this package's, or a part of how Python imports."""
    return filename.startswith("<") or _PACKAGE in Path(filename).parents


def _place_of_import(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return _line(error.filename, error.lineno)
    return _innermost(error, lambda filename: not _is_ours(filename))
