"""The folders of the room import one way, as the rooms do."""

import ast
from pathlib import Path

import pytest

from twingrad import optim

ROOM = Path(optim.__file__).parent
FOLDERS = {
    "lr_scheduler": set(),
    "checkpoints": set(),
    "callbacks": set(),
    "training": {"callbacks", "checkpoints", "lr_scheduler"},
    "rehearsals": {"callbacks", "training"},
}
"""Each folder, and the folders it may import from."""


def imported(nodes):
    """The modules of the room that run code imports from; names of types are no imports."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.level == 2:
            yield from [node.module] if node.module else [each.name for each in node.names]
        elif not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from imported(ast.iter_child_nodes(node))


def test_all_folders_are_known():
    assert {file.parent.name for file in ROOM.glob("*/*.py")} == {*FOLDERS}


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_run_one_way_between_folders(folder):
    for file in (ROOM / folder).glob("*.py"):
        found = {name.split(".")[0] for name in imported([ast.parse(file.read_text())])}
        assert found & {*FOLDERS} <= FOLDERS[folder], file.name
