"""The architecture as a test: who imports whom, what the inner layers never touch, and how large things may grow."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from recordings import PROJECT

PACKAGE = PROJECT / "gnss_gyro"
LAYERS = {
    "basics": 0,
    "protocols": 1,
    "observation": 2,
    "orbits": 3,
    "models": 3,
    "corrections": 4,
    "attitude": 4,
    "estimation": 5,
    "vppp": 6,
    "datum": 6,
    "engine": 7,
}
INNER = {*LAYERS, "simulation"}
MAY_IMPORT = {
    **{room: {lower for lower in LAYERS if LAYERS[lower] < LAYERS[room]} for room in LAYERS},
    "simulation": {"basics", "protocols", "observation", "orbits", "models", "attitude"},
    "config_defaults": {"basics"},
    "streams": {"basics", "protocols"},
    "report": set(LAYERS),
    "cli": {*LAYERS, "simulation", "config_defaults", "streams", "report"},
    "ros": {*LAYERS, "simulation", "config_defaults", "streams", "report"},
}
STARTERS = {"gnss_gyro/cli/live_rig.py", "gnss_gyro/cli/up.py"}
"""The command that starts nodes; no other may import them."""
ROUTED = {"gnss_gyro/cli/bag.py", "gnss_gyro/cli/bag_record.py"}
"""Commands that ask ros/routes.py, in which there is no ROS, for the topics of a rig; nothing else of ros."""
OUTSIDE_WORLD = {
    *("rclpy", "serial", "matplotlib", "rich", "argparse"),
    *("socket", "ssl", "http", "urllib", "asyncio", "threading", "multiprocessing", "subprocess", "signal"),
    *("os", "pathlib", "shutil", "tempfile", "glob", "time"),
}
"""Modules the inner layers never import: files, sockets, threads, screens, the wall clock."""
WORLDLY_CALLS = {"open", "input", "print", "now", "utcnow", "today"}
WORLDLY_CALLS |= {"fromfile", "tofile", "loadtxt", "savetxt", "genfromtxt", "memmap", "savez"}

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
MARKS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")

MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = sorted(
    path for folder in ("gnss_gyro", "test", "bench", "examples", "launch") for path in (PROJECT / folder).rglob("*.py")
)


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names of all that a module imports, wherever in it; 'from a import b' gives 'a.b'."""
    package = path.relative_to(PROJECT).with_suffix("").parts[:-1]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def rooms_imported(path: Path) -> set[str]:
    """Rooms of the package, other than its own, that a module imports."""
    parts = [name.split(".") for name in imports_of(path)]
    return {part[1] for part in parts if part[0] == "gnss_gyro" and len(part) > 1 and (PACKAGE / part[1]).is_dir()} - {
        room_of(path)
    }


def public_nodes(path: Path) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Public functions and classes of a module, and the public methods of those classes."""
    for node in tree_of(path).body:
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) or node.name.startswith("_"):
            continue
        yield node
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and not inner.name.startswith("_"):
                yield inner


def is_overload(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("overload" in ast.dump(decorator) for decorator in node.decorator_list)


each_module = pytest.mark.parametrize("path", MODULES, ids=name_of)
each_source = pytest.mark.parametrize("path", SOURCES, ids=name_of)


def test_every_room_has_its_place() -> None:
    rooms = {room_of(path) for path in MODULES} - {""}
    assert rooms <= set(MAY_IMPORT), "a new room needs a line in MAY_IMPORT"


@each_module
def test_imports_go_down_only(path: Path) -> None:
    allowed = MAY_IMPORT[room_of(path)] | ({"ros"} if name_of(path) in STARTERS | ROUTED else set()) if room_of(path) else set()
    assert rooms_imported(path) <= allowed
    if name_of(path) in ROUTED:
        assert all(name.startswith("gnss_gyro.ros.routes.") for name in imports_of(path) if name.startswith("gnss_gyro.ros."))


@each_module
def test_inner_layers_never_touch_the_world(path: Path) -> None:
    if room_of(path) not in INNER:
        return
    modules = {name.split(".")[0] for name in imports_of(path)}
    assert not modules & OUTSIDE_WORLD
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    called = {
        call.attr if isinstance(call, ast.Attribute) else call.id for call in calls if isinstance(call, (ast.Attribute, ast.Name))
    }
    assert not called & WORLDLY_CALLS


def test_modules_do_not_import_in_circles() -> None:
    names = {name_of(path)[:-3].replace("/", ".").removesuffix(".__init__"): path for path in MODULES}
    graph = {name: _run_time_imports(path, set(names)) - {name} for name, path in names.items()}
    while graph:
        free = {name for name, needed in graph.items() if not needed & set(graph)}
        assert free, f"a circle among {', '.join(sorted(graph))}"
        graph = {name: needed for name, needed in graph.items() if name not in free}


def _run_time_imports(path: Path, known: set[str]) -> set[str]:
    """Modules of the package imported at the top of a module (not for type checking, not inside functions)."""
    found: set[str] = set()
    for node in tree_of(path).body:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & known


@each_module
def test_everything_public_is_documented(path: Path) -> None:
    silent = [] if ast.get_docstring(tree_of(path)) else ["the module"]
    silent += [
        f"{node.name} (line {node.lineno})" for node in public_nodes(path) if not (ast.get_docstring(node) or is_overload(node))
    ]
    assert silent == []


@each_source
def test_nothing_outgrows_its_room(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST_FILE
    functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert [f.name for f in functions if (f.end_lineno or 0) - f.body[0].lineno + 1 > LONGEST_FUNCTION] == []
    assert [number for number, line in enumerate(lines, 1) if MARKS.search(line)] == []


def test_no_test_file_name_repeats() -> None:
    names = Counter(path.name for path in (PROJECT / "test").rglob("*.py") if path.name not in ("conftest.py", "__init__.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_tests_mirror_the_package() -> None:
    folders = {path.name for path in (PROJECT / "test").iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    assert folders <= {path.name for path in PACKAGE.iterdir()} | {"bench", "faults"}


def test_readme_names_only_rooms_that_exist() -> None:
    rows = [line for line in (PROJECT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    rooms = {room for row in rows for room in re.findall(r"`(?:gnss_gyro/)?([a-z_]+)/?[a-z_./]*`", row) if f"{room}/" in row}
    assert [room for room in sorted(rooms) if not (PACKAGE / room).is_dir()] == []
