"""YAML with the place of every key and value: the safe core of YAML 1.2, so that `no` and `on` stay words.

Hostile files end early: size, depth and the number of values (aliases counted each time) are bounded.
https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Never

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 1024 * 1024
MOST_VALUES = 50_000
DEEPEST = 40

Path = tuple[str | int, ...]
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the file; both count from 1."""

    line: int
    column: int


class NotYaml(Exception):
    """The text cannot be read at all; `mark` says where it stops making sense."""

    def __init__(self, problem: str, mark: Mark) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mark = mark


@dataclass(slots=True)
class Document:
    """What a file says. `keys` and `values` hold the place of each path; `twice` the keys that are there again."""

    value: Any = None
    keys: dict[Path, Mark] = field(default_factory=dict)
    values: dict[Path, Mark] = field(default_factory=dict)
    twice: list[tuple[Path, Mark, Mark]] = field(default_factory=list)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's own way
    depth = 0
    nodes = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        self.depth += 1
        self.nodes += 1
        if self.depth > DEEPEST or self.nodes > MOST_VALUES:
            _stop(f"more than {MOST_VALUES} values or {DEEPEST} levels", _mark(self.peek_event().start_mark))  # type: ignore[no-untyped-call]  # PyYAML's stubs
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


_WORDS = (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN"),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:int", r"[-+]?(0|[1-9][0-9_]{0,40})", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(\.[0-9]+|[0-9]{1,40}\.[0-9]*|[0-9]{1,40}(?=[eE]))([eE][-+]?[0-9]{1,3})?",
        "-+.0123456789",
    ),
    (_MERGE, r"<<", "<"),
)
for _tag, _pattern, _first in _WORDS:
    _Loader.add_implicit_resolver(
        _tag, re.compile(rf"^(?:{_pattern})$"), [*_first, *([""] if _tag.endswith("null") else [])]
    )

_SCALARS: dict[str, Any] = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:bool": lambda text: {"true": True, "false": False}[text.lower()],
    "tag:yaml.org,2002:int": lambda text: int(text.replace("_", "")),
    "tag:yaml.org,2002:float": Decimal,
    _MERGE: str,
}


def parse(data: bytes) -> Document:
    """Raises NotYaml at the first place that cannot be read; keys that are there twice are only noted."""
    if len(data) > MOST_BYTES:
        _stop(f"larger than {MOST_BYTES} bytes", Mark(1, 1))
    try:
        node = _compose(_text(data))
    except yaml.MarkedYAMLError as error:
        raise NotYaml(_told(error), _mark(error.problem_mark or error.context_mark)) from None
    document = Document()
    if node is not None:
        document.value = _Reading(document).value(node, ())
    return document


def _compose(text: str) -> Node | None:
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line, column = text.count("\n", 0, error.position), error.position - text.rfind("\n", 0, error.position)
        raise NotYaml(f"the character U+{error.character:04X} is not allowed", Mark(line + 1, column)) from None
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        raise NotYaml("not UTF-8", Mark(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))) from None


def _told(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "not YAML"
    return f"{error.context}, {problem}" if problem.startswith("but ") else problem


def _stop(problem: str, mark: Mark) -> Never:
    raise NotYaml(problem, mark)


def _mark(mark: yaml.Mark | None) -> Mark:
    return Mark(mark.line + 1, mark.column + 1) if mark is not None else Mark(1, 1)


class _Reading:
    """From nodes to values, with the place of each."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.count = 0

    def value(self, node: Node, path: Path) -> Any:
        self._count(node, path)
        self.document.values[path] = _mark(node.start_mark)
        if isinstance(node, MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return {key: self.value(value, (*path, key)) for key, value in self._pairs(node, path).items()}
        if isinstance(node, SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.value(item, (*path, at)) for at, item in enumerate(node.value)]
        return _scalar(node)

    def _count(self, node: Node, path: Path) -> None:
        self.count += 1
        if self.count > MOST_VALUES or len(path) > DEEPEST:
            _stop(f"more than {MOST_VALUES} values or {DEEPEST} levels, aliases followed", _mark(node.start_mark))

    def _pairs(self, node: MappingNode, path: Path) -> dict[str, Node]:
        """The members of a mapping; what it merges stands behind what it says itself."""
        merged: dict[str, Node] = {}
        own: dict[str, Node] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                merged = {**self._merged(value, path), **merged}
            else:
                self._own(key, value, path, own)
        return {**merged, **own}

    def _own(self, key: Node, value: Node, path: Path, own: dict[str, Node]) -> None:
        if not isinstance(key, ScalarNode):
            _stop("a key is one word or one quoted text", _mark(key.start_mark))
        place = (*path, key.value)
        self._count(key, place)
        if key.value in own:
            self.document.twice.append((place, _mark(key.start_mark), self.document.keys[place]))
            return
        self.document.keys[place] = _mark(key.start_mark)
        own[key.value] = value

    def _merged(self, node: Node, path: Path) -> dict[str, Node]:
        pairs: dict[str, Node] = {}
        for at, mapping in enumerate(_mappings(node)):
            self._count(mapping, path)
            pairs = {**self._pairs(mapping, (*path, "<<", at)), **pairs}
        return pairs


def _mappings(node: Node) -> Iterator[MappingNode]:
    for mapping in node.value if isinstance(node, SequenceNode) else [node]:
        if not isinstance(mapping, MappingNode):
            _stop("<< merges mappings only", _mark(mapping.start_mark))
        yield mapping


def _scalar(node: Node) -> Any:
    if not isinstance(node, ScalarNode):
        _stop("the tag is not allowed here", _mark(node.start_mark))
    try:
        return _SCALARS[node.tag](node.value)
    except (KeyError, ValueError, ArithmeticError):
        _stop("the tag is not allowed here", _mark(node.start_mark))
