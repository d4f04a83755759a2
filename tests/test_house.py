"""What keeps the house in order: imports, docstrings, examples, names."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import twingrad
import twingrad.nn

PACKAGE = Path(twingrad.__file__).parent
ROOT = Path(__file__).parents[1]
ROOMS = {
    "engine": set(),
    "tensor": {"engine"},
    "data": {"engine", "tensor"},
    "nn": {"engine", "tensor"},
    "optim": {"engine", "tensor", "nn", "data"},
    "testing": {"engine", "tensor", "nn"},
    "workflow": {"engine", "tensor", "nn", "optim", "data"},
    "lab": {"engine", "tensor", "nn", "optim", "data", "testing"},
    "cli": {"engine", "tensor", "nn", "optim", "data", "workflow", "testing", "lab", "benchmarks"},
}
"""Each room, and the rooms it may import from."""


def modules():
    names = ["twingrad"]
    for found in pkgutil.walk_packages([str(PACKAGE)], "twingrad."):
        parts = found.name.split(".")
        if parts[1] in ROOMS or (len(parts) == 2 and not found.ispkg):
            names.append(found.name)
    return sorted(names)


def source_files():
    return [file for room in ROOMS for file in sorted((PACKAGE / room).rglob("*.py"))]


def imported_rooms(file):
    """The rooms of ours that a file imports, at any depth of its code."""
    inside = file.relative_to(PACKAGE).parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            here = inside[: len(inside) - node.level]
            target = [*here, *(node.module or "").split(".")]
            names = target if target != [""] else [alias.name for alias in node.names]
            yield from [name for name in names[:1] if name not in ("", "__version__")]
        elif isinstance(node, ast.ImportFrom | ast.Import):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            for name in [module] if module else [alias.name for alias in node.names]:
                if name == "twingrad" or name.startswith("twingrad."):
                    yield f"absolute import of {name}"


@pytest.mark.parametrize("file", source_files(), ids=lambda f: str(f.relative_to(PACKAGE)))
def test_imports_run_one_way_between_rooms(file):
    room = file.relative_to(PACKAGE).parts[0]
    foreign = set(imported_rooms(file)) - ROOMS[room] - {room}
    assert not foreign, f"{room} may import {sorted(ROOMS[room])}, not {sorted(foreign)}"


def test_every_folder_with_code_is_a_known_room_or_packaged_with_one():
    packaged = {p.parent for p in PACKAGE.rglob("__init__.py") if p.parent != PACKAGE}
    rooms = {p.relative_to(PACKAGE).parts[0] for p in packaged}
    outside = {"tests", "benchmarks", "build", ".venv"}
    assert rooms - outside <= set(ROOMS)


def test_nn_sees_the_twins_only_through_its_backends():
    """Rows of the table, shapes and modes belong to both twins; all else of a twin is hidden."""
    own = {"backend.py", "scalar_backend.py", "tensor_backend.py", "neuron.py"}
    common = {
        "absent",
        "changes",
        "checks",
        "files",
        "formula",
        "formulas",
        "handle",
        "modes",
        "operation",
        "shapes",
    }
    common |= {"wording"}
    for file in (PACKAGE / "nn").rglob("*.py"):
        depth = len(file.relative_to(PACKAGE).parts)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == depth and file.name not in own:
                room, _, module = (node.module or "").partition(".")
                names = {module.split(".")[0]} if module else {each.name for each in node.names}
                assert room == "engine", f"{file.name} imports {room}"
                assert names <= common, f"{file.name} imports {names - common}"


COMPILERS = {"code_cache.py": {"numba"}, "machine_code.py": {"numba", "llvmlite"}}
"""The files of the engine that may load a compiler, where a function needs one."""


def test_engine_imports_the_standard_library_and_numpy_only():
    for file in (PACKAGE / "engine").rglob("*.py"):
        allowed = {*sys.stdlib_module_names, "numpy", *COMPILERS.get(file.name, ())}
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            assert {name.split(".")[0] for name in names} <= allowed, file


def test_value_is_imported_without_numba_or_scipy():
    code = (
        "import sys; from twingrad import Value; "
        "print([m for m in ('numba', 'scipy', 'typer', 'rich') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("module", modules())
def test_examples_in_docstrings_run(module):
    before = set(twingrad.engine.formulas.table)
    results = doctest.testmod(
        importlib.import_module(module),
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL,
    )
    assert results.failed == 0
    assert set(twingrad.engine.formulas.table) == before, "an example leaves a row behind"


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "docs/checking.md",
        "docs/compiling.md",
        "docs/fitting.md",
        "docs/training.md",
    ],
)
def test_examples_on_pages_run(page):
    results = doctest.testfile(str(ROOT / page), module_relative=False)
    assert results.failed == 0
    assert results.attempted > 0 or page != "README.md"


def test_pictures_on_pages_exist():
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} points to {target}: not there"


def test_no_page_holds_a_placeholder():
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        words = set(re.findall(r"\b[A-Z]{4,}\b", page.read_text()))
        assert not words & {"MEASURED", "PLACEHOLDER", "FIXME", "TODO", "TBD"}, page.name


PUBLIC = ["", ".data", ".engine", ".tensor", ".nn", ".nn.functional", ".nn.init", ".optim"]
PUBLIC += [".optim.lr_scheduler", ".optim.swa_utils", ".testing", ".workflow"]


def public_objects():
    modules = [importlib.import_module(f"twingrad{module}") for module in PUBLIC]
    return {
        f"{module.__name__}.{name}": getattr(module, name)
        for module in modules
        for name in module.__all__
        if name != "__version__"
    }


@pytest.mark.parametrize(("path", "item"), public_objects().items(), ids=public_objects())
def test_every_public_name_is_documented(path, item):
    name = path.rpartition(".")[2]
    text = inspect.getdoc(item)
    assert text, f"{name} has no docstring"
    if isinstance(item, twingrad.Formula):
        assert item.name == name
        assert "Defined for" in text
        assert all(partial.text in text for partial in item.partials)
        assert item.value.text in text
    elif inspect.isclass(item):
        for attribute, member in vars(item).items():
            if not attribute.startswith("_") and (callable(member) or isinstance(member, property)):
                assert inspect.getdoc(getattr(item, attribute)), f"{name}.{attribute}"


def test_public_names_are_listed_and_nothing_else_is_public():
    listed = set(twingrad.__all__) - {"__version__"}
    assert all(getattr(twingrad, name) is not None for name in listed)
    needed = {"Any", "TYPE_CHECKING", "import_module"}
    # "@" begins what pytest puts into every module of a package that brings a plugin
    visible = {name for name in vars(twingrad) if not name.startswith(("_", "@"))} - needed
    rooms = {name for name in visible - listed if inspect.ismodule(getattr(twingrad, name))}
    assert visible - rooms == listed


def test_every_row_is_a_public_function():
    for name, row in twingrad.engine.formulas.table.items():
        assert getattr(twingrad, name) is row


def test_every_row_is_a_method_of_values_arrays_and_tensors():
    for name in twingrad.engine.formulas.table:
        for kind in (twingrad.Value, twingrad.Array, twingrad.Tensor):
            assert callable(getattr(kind, name)), f"{kind.__name__}.{name}"
