"""The text of a Python file: which name is bound where, which names are read, and where each value stands.

Nothing here runs the file. Only what runs knows which of several assignments came last; it notes the line,
and `Source.places` finds what stands there, to the column.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wsgid.config.diagnostics import Where
from wsgid.config.layers import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wsgid.config.layers import KeyPath
    from wsgid.config.source_text import SourceText

_Node = ast.expr | ast.stmt | ast.alias | ast.pattern | ast.excepthandler

Kind = Literal["assignment", "function", "other"]
"""Other: a loop's variable, an import, a class, ..."""

# With one of these a file reads names that stand nowhere in it.
_READS_ANY = frozenset({"globals", "locals", "vars", "dir", "eval", "exec"})
_STAR = "*"


@dataclass(frozen=True, slots=True)
class Binding:
    """One place of the file that gives a name a value.

    `first` and `last` are the lines that Python may name when it runs; `value` is the expression, where
    there is one.
    """

    name: str
    kind: Kind
    first: int
    last: int
    key: Where
    value: ast.expr | None = None


class Source:
    """A file's text, parsed."""

    def __init__(self, text: SourceText) -> None:
        """Raise SyntaxError, or ValueError where there is a NUL in the text."""
        self._text = text
        self.tree = ast.parse(text.text, text.name)
        self._bindings: dict[str, list[Binding]] = {}
        for binding in _Collector(self).collect(self.tree):
            self._bindings.setdefault(binding.name, []).append(binding)

    def names_assigned(self) -> Iterator[str]:
        """Yield the names that assignments and functions of the top level bind, in their order."""
        for name, bindings in self._bindings.items():
            if any(binding.kind != "other" for binding in bindings):
                yield name

    def names_read(self) -> frozenset[str] | None:
        """Return the names that are read anywhere in the file; None where that may be all of them."""
        read = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
                read.add(node.id)
        if read & _READS_ANY:
            return None
        for binding in self._bindings.get("__all__", ()):
            exported = ast.walk(binding.value) if binding.value else ()
            read |= {str(node.value) for node in exported if isinstance(node, ast.Constant)}
        return frozenset(read)

    def annotated_only(self) -> Iterator[tuple[str, Where, str]]:
        """Yield name, place and value of each `name: 3`, which is Python and sets nothing."""
        for node in self.tree.body:
            match node:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=written, value=None):
                    if isinstance(written, (ast.Constant, ast.List, ast.Dict)):
                        yield name, self.where(node), ast.unparse(written)
                case _:
                    pass

    def attributes_assigned(self, module: str) -> Iterator[tuple[str, Where]]:
        """Yield what the file gives a new value in a module of this name, and where: `module.name = 3`."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=ast.Store()) if (
                    name == module
                ):
                    yield attribute, self.where(node)
                case _:
                    pass

    def names_at(self, line: int) -> frozenset[str]:
        """Return the names and keys that the statement around a line gives values to."""
        found = set()
        for node in self._statement_at(line):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) | ast.keyword(arg=str(name)):
                    found.add(name)
                case ast.Dict(keys=keys):
                    found |= {str(key.value) for key in keys if isinstance(key, ast.Constant)}
                case _:
                    pass
        return frozenset(found)

    def names_in(self, line: int) -> frozenset[str]:
        """Return the names in the statement around a line, and its texts, which may be some: environ["X"]."""
        found = set()
        called = set()
        for node in self._statement_at(line):
            match node:
                case ast.Name(id=name) | ast.Constant(value=str(name)) | ast.Attribute(attr=name):
                    found |= {name} if name.isidentifier() else set()
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name))):
                    called.add(name)
                case _:
                    pass
        # env("PORT"), env.int("PORT"): what reads the environment for the file, and not what is in it.
        return frozenset(found - ({"env"} & called))

    def _statement_at(self, line: int) -> Iterator[ast.AST]:
        """Yield all that is in the smallest statement around a line."""
        around = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
        ]
        if around:
            yield from ast.walk(min(around, key=lambda node: (node.end_lineno or node.lineno) - node.lineno))

    def is_assigned(self, name: str, line: int | None) -> bool:
        """Tell whether it is an assignment that gave the name its value in this line."""
        found = self._find(name, line)
        return found is not None and found.kind == "assignment"

    def places(self, name: str, line: int | None, value: object) -> Mapping[KeyPath, Place]:
        """Return the place of a value that its name was given in this line, and those of what is in it."""
        binding = self._find(name, line)
        if binding is None:
            where = self.line(line)
            return {(name,): Place(where, where)}
        if binding.value is None:
            return {(name,): Place(binding.key, binding.key)}
        places: dict[KeyPath, Place] = {(name,): Place(binding.key, self.where(binding.value))}
        self._look_inside((name,), binding.value, value, places)
        return places

    def place(self, name: str, line: int | None) -> Place:
        return self.places(name, line, None)[name,]

    def line(self, number: int | None) -> Where:
        """Return the place of a whole line; without a number, of the file."""
        if number is None or not 1 <= number <= len(self._text.lines):
            return Where("file", self._text.name)
        return self._text.whole_line(number)

    def where(self, node: _Node) -> Where:
        """Return a node's place; of what goes over several lines, that of what is in the first."""
        first, last = node.lineno, node.end_lineno or node.lineno
        end = self._offset(last, node.end_col_offset or 0)
        return self._text.where(self._offset(first, node.col_offset), end)

    def columns(self, line: int, first: int, last: int) -> Where:
        """Return the place of a part of a line; the columns are Python's, octets from 0."""
        return self._text.where(self._offset(line, first), self._offset(line, last))

    def name_in(self, node: ast.stmt, name: str) -> Where:
        """Return where a `def` or `class` has its name."""
        found = re.compile(rf"\b{re.escape(name)}\b").search(
            self._text.text, self._offset(node.lineno, node.col_offset)
        )
        assert found is not None
        return self._text.where(*found.span())

    def _offset(self, line: int, octets: int) -> int:
        """Return the offset in the text; ast counts a column in octets of UTF-8."""
        line = min(line, len(self._text.lines))
        before = self._text.lines[line - 1].encode()[:octets]
        return self._text.start(line) + len(before.decode(errors="ignore"))

    def _find(self, name: str, line: int | None) -> Binding | None:
        if line is None:
            return None
        bindings = [*self._bindings.get(name, ()), *self._bindings.get(_STAR, ())]
        there = [binding for binding in bindings if binding.first <= line <= binding.last]
        # A loop may be written on one line with what is in it; of two on one line, the second comes last.
        return min(reversed(there), key=lambda binding: binding.last - binding.first, default=None)

    def _look_inside(
        self, path: KeyPath, node: ast.expr, value: object, places: dict[KeyPath, Place]
    ) -> None:
        """Note the items of a list or a dict that is written out, and still has the same ones."""
        for key, where, item, inner in self._items(node, value):
            there = (*path, key)
            places[there] = Place(where, self.where(item))
            self._look_inside(there, item, inner, places)

    def _items(self, node: ast.expr, value: object) -> Iterator[tuple[str | int, Where, ast.expr, object]]:
        match node, value:
            case ((ast.List(elts=items) | ast.Tuple(elts=items)), (list() | tuple())):
                if _still_begins(items, value):
                    for index, item in enumerate(items):
                        yield index, self.where(item), item, value[index]
            case ast.Dict(keys=keys, values=items), dict():
                for key, item in zip(keys, items, strict=True):
                    match key:
                        case ast.Constant(value=(str() | int()) as word) if word in value:
                            yield word, self.where(key), item, value[word]
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=words), dict():
                for given in words:
                    if given.arg is not None and given.arg in value:
                        yield given.arg, self.where(given.value), given.value, value[given.arg]
            case _:
                pass


def _still_begins(items: Sequence[ast.expr], value: Sequence[object]) -> bool:
    """Tell whether a list is still as it was written, but for what the file may have appended."""
    written = [
        (item.value, now) for item, now in zip(items, value, strict=False) if isinstance(item, ast.Constant)
    ]
    return (
        not any(isinstance(item, ast.Starred) for item in items)
        and (len(items) == len(value) or bool(written and len(items) < len(value)))
        and all(type(then) is type(now) and then == now for then, now in written)
    )


class _Collector(ast.NodeVisitor):
    """Collects the bindings of a module; names of functions' insides only where they say `global`."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found: list[Binding] = []

    def collect(self, tree: ast.Module) -> Iterable[Binding]:
        self.visit(tree)
        return self._found

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._note_targets(target, node.value, node, "assignment")
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._note_targets(node.target, node.value, node, "assignment")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._note_targets(node.target, node.value, node, "assignment")
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._note_targets(node.target, node.value, node, "assignment")
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._note_targets(node.target, node.iter, node.target, "other")
        self.generic_visit(node)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self._note_targets(item.optional_vars, item.context_expr, item.optional_vars, "other")
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None:
            self._note(node.name, "other", node, self._source.where(node))
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name is not None:
            self._note(node.name, "other", node, self._source.where(node))
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._note(name, "other", node, self._source.where(node if name == _STAR else alias))

    visit_ImportFrom = visit_Import  # noqa: N815

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._note_definition(node, "function")
        declared = {name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names}
        if declared:
            inside = _Collector(self._source)
            for statement in node.body:
                inside.visit(statement)
            self._found += [binding for binding in inside._found if binding.name in declared]

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._note_definition(node, "other")

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Leave out: what it binds is its own."""

    def _note_definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, kind: Kind
    ) -> None:
        first = min((node.lineno, *(decorator.lineno for decorator in node.decorator_list)))
        last = max(node.lineno, node.body[0].lineno - 1)
        where = self._source.name_in(node, node.name)
        self._found.append(Binding(node.name, kind, first, last, where))

    def _note_targets(
        self, target: ast.expr, value: ast.expr, around: ast.stmt | ast.expr, kind: Kind
    ) -> None:
        """Note each name of a target: `a, b = 1, 2` pair by pair, where that can be read."""
        match target:
            case ast.Name(id=name):
                self._note(name, kind, around, self._source.where(target), value)
            case ast.Starred(value=inner):
                self._note_targets(inner, value, around, kind)
            case ast.Tuple(elts=names) | ast.List(elts=names):
                parts = [value] * len(names)
                if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(names):
                    parts = value.elts
                for each, part in zip(names, parts, strict=True):
                    self._note_targets(each, part, around, kind)
            case _:
                pass  # an attribute, an item

    def _note(self, name: str, kind: Kind, around: _Node, key: Where, value: ast.expr | None = None) -> None:
        self._found.append(Binding(name, kind, around.lineno, around.end_lineno or around.lineno, key, value))
