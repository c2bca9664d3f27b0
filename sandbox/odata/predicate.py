"""odata-query's tree to a predicate over rows, made of closures so that 10,000 rows are filtered in milliseconds.

`Filter.required` lists what an index can use: for a path, the only values that a matching row may have there.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from odata_query import ast

from sandbox.odata import functions
from sandbox.odata.errors import FilterError
from sandbox.odata.required import Required, required_values
from sandbox.odata.shapes import Field, Path, Shape
from sandbox.odata.syntax import Function, Parsed, parse
from sandbox.odata.values import Literal, is_literal, literal, name_of, path_of

Test: TypeAlias = Callable[[Any], bool]
_ORDERED = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}


@dataclass(frozen=True)
class Filter:
    """A predicate, and the values that an index lookup may narrow it by."""

    matches: Test
    required: Required = field(default_factory=dict)


def predicate(text: str, *, shape: Shape, fold_case: bool = False, wildcards: bool = False) -> Filter:
    """Compile a $filter; `fold_case` compares texts as Dataverse does, `wildcards` lets % and _ stand for others."""
    parsed = parse(text)
    compiler = _Compiler(parsed, fold_case=fold_case, wildcards=wildcards)
    return Filter(compiler.test(parsed.tree, {"": shape}), required_values(parsed))


class _Compiler:
    """One filter on its way to closures; `scope` holds the row's shape under "" and those of lambda variables."""

    def __init__(self, parsed: Parsed, *, fold_case: bool, wildcards: bool) -> None:
        """Keep what every node needs."""
        self.parsed = parsed
        self.fold_case = fold_case
        self.wildcards = wildcards

    def test(self, node: ast._Node, scope: dict[str, Shape]) -> Test:
        """Compile a node that is true or false."""
        compilers: dict[type[ast._Node], Callable[[Any, dict[str, Shape]], Test]] = {
            ast.BoolOp: self._both,
            ast.UnaryOp: self._negated,
            ast.Compare: self._compare,
            ast.Call: self._text_test,
            ast.CollectionLambda: self._quantified,
            ast.Identifier: self._named,
            ast.Attribute: self._flag,
        }
        compiler = compilers.get(type(node))
        if compiler is None:
            raise FilterError(f"'{type(node).__name__}' cannot stand where a condition is expected.")
        return compiler(node, scope)

    def _negated(self, node: ast.UnaryOp, scope: dict[str, Shape]) -> Test:
        """Compile `not`."""
        if not isinstance(node.op, ast.Not):
            raise FilterError("A number cannot stand where a condition is expected.")
        inner = self.test(node.operand, scope)
        return lambda row: not inner(row)

    def _named(self, node: ast.Identifier, scope: dict[str, Shape]) -> Test:
        """Compile a bare name: the marker of a query function, or a yes/no column."""
        function = self.parsed.functions.get(node.name)
        return self._flag(node, scope) if function is None else self._function(function, scope)

    def _both(self, node: ast.BoolOp, scope: dict[str, Shape]) -> Test:
        """Compile `and` and `or`."""
        left, right = self.test(node.left, scope), self.test(node.right, scope)
        if isinstance(node.op, ast.And):
            return lambda row: left(row) and right(row)
        return lambda row: left(row) or right(row)

    def _compare(self, node: ast.Compare, scope: dict[str, Shape]) -> Test:
        """Compile a comparison of a column with a literal, whichever stands first."""
        left, right, comparator = node.left, node.right, node.comparator
        if is_literal(left) and not is_literal(right):
            left, right, comparator = right, left, _mirrored(comparator)
        column = self._value(left, scope)
        if isinstance(right, ast.List):
            return self._one_of(column, [literal(item, column.kind) for item in right.val])
        if not is_literal(right):
            raise FilterError("A column can only be compared with a value.")
        return self._against(column, comparator, literal(right, column.kind))

    def _against(self, column: Field, comparator: ast._Comparator, value: Literal) -> Test:
        """Compile one comparison with a value."""
        get = column.get
        if isinstance(comparator, ast.Eq):
            return self._equal(column, value)
        if isinstance(comparator, ast.NotEq):
            equal = self._equal(column, value)
            return lambda row: not equal(row)
        if value.value is None:
            raise FilterError("null can only be compared with eq and ne.")
        ordered, read, bound = _ORDERED[type(comparator)], value.reader(fold_case=self.fold_case), value.compared
        wanted = bound(fold_case=self.fold_case)
        return lambda row: (found := get(row)) is not None and ordered(read(found), wanted)

    def _equal(self, column: Field, value: Literal) -> Test:
        """Compile equality; null equals null."""
        get = column.get
        if value.value is None:
            return lambda row: get(row) is None
        read, wanted = value.reader(fold_case=self.fold_case), value.compared(fold_case=self.fold_case)
        return lambda row: (found := get(row)) is not None and read(found) == wanted

    def _one_of(self, column: Field, values: list[Literal]) -> Test:
        """Compile membership of a list."""
        get, tests = column.get, [self._equal(Field(lambda found: found), value) for value in values]
        if len({value.form for value in values}) == 1 and values[0].value is not None:
            read = values[0].reader(fold_case=self.fold_case)
            wanted = {value.compared(fold_case=self.fold_case) for value in values}
            return lambda row: (found := get(row)) is not None and read(found) in wanted
        return lambda row: any(test(get(row)) for test in tests)

    def _text_test(self, node: ast.Call, scope: dict[str, Shape]) -> Test:
        """Compile contains, startswith and endswith."""
        name = name_of(node.func)
        if name not in functions.TEXT_TESTS:
            raise FilterError(f"The function '{name}' is not supported as a condition.")
        column, wanted = self._value(node.args[0], scope), node.args[1]
        if not isinstance(wanted, ast.String):
            raise FilterError(f"The function '{name}' takes a text as its second argument.")
        return functions.text_test(column, name, wanted.py_val, fold_case=self.fold_case, wildcards=self.wildcards)

    def _quantified(self, node: ast.CollectionLambda, scope: dict[str, Shape]) -> Test:
        """Compile any and all over a collection."""
        shape, path = self._root(path_of(node.owner), scope)
        items, item_shape = shape.collection(path)
        if node.lambda_ is None:
            return lambda row: any(True for _ in items(row))
        inner = self.test(node.lambda_.expression, {**scope, node.lambda_.identifier.name: item_shape})
        quantifier = any if isinstance(node.operator, ast.Any) else all
        return lambda row: quantifier(inner(item) for item in items(row))

    def _function(self, function: Function, scope: dict[str, Shape]) -> Test:
        """Compile one of Dataverse's query functions."""
        return functions.query_function(function, shape=scope[""], fold_case=self.fold_case)

    def _flag(self, node: ast._Node, scope: dict[str, Shape]) -> Test:
        """Compile a yes/no column that stands alone."""
        get = self._value(node, scope).get
        return lambda row: get(row) is True

    def _value(self, node: ast._Node, scope: dict[str, Shape]) -> Field:
        """Compile a node that gives a value: a path, or tolower/toupper of one."""
        if isinstance(node, ast.Call) and name_of(node.func) in {"tolower", "toupper", "trim"}:
            return functions.changed_text(self._value(node.args[0], scope), name_of(node.func))
        shape, path = self._root(path_of(node), scope)
        return shape.field(path)

    def _root(self, path: Path, scope: dict[str, Shape]) -> tuple[Shape, Path]:
        """Tell which shape a path starts from: a lambda variable's, or the row's."""
        if path[0] in scope and len(path) > 1:
            return scope[path[0]], path[1:]
        if path[0] in scope:
            return scope[path[0]], ()
        return scope[""], path


def _mirrored(comparator: ast._Comparator) -> ast._Comparator:
    """Turn a comparison round, for a literal that stands on the left."""
    mirror = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}
    return mirror.get(type(comparator), type(comparator))()
