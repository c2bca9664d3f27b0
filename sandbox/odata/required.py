"""What an index can use of a filter: for a path, the only values that a matching row may have there.

Values are texts without regard to case, so an index must hold them likewise and the predicate must still be asked.
"""

from collections.abc import Iterable
from typing import Any, TypeAlias

from odata_query import ast

from sandbox.odata.shapes import Path, Value
from sandbox.odata.syntax import Parsed
from sandbox.odata.values import is_literal, literal, path_of

Required: TypeAlias = dict[Path, frozenset[str]]


def index_text(value: Value) -> str:
    """Give a value as indexes hold it."""
    return str(value).casefold()


def required_values(parsed: Parsed) -> Required:
    """Give the values that rows must have, per path; an empty mapping promises nothing."""
    return _required(parsed.tree, parsed)


def _required(node: ast._Node, parsed: Parsed) -> Required:
    """Collect from one node."""
    match node:
        case ast.Compare(comparator=ast.Eq()):
            return _of_equality(node)
        case ast.Compare(comparator=ast.In(), right=ast.List(val=items)):
            return _bound(node.left, items)
        case ast.BoolOp(op=ast.And()):
            return _joined(_required(node.left, parsed), _required(node.right, parsed))
        case ast.BoolOp(op=ast.Or()):
            return _either(_required(node.left, parsed), _required(node.right, parsed))
        case ast.Identifier(name=name) if name in parsed.functions and parsed.functions[name].name == "In":
            return _of_in_function(parsed.functions[name].arguments)
    return {}


def _of_equality(node: ast.Compare) -> Required:
    """Read `path eq value`, either way round."""
    left, right = (node.right, node.left) if is_literal(node.left) else (node.left, node.right)
    return _bound(left, [right])


def _bound(left: ast._Node, items: Iterable[ast._Node]) -> Required:
    """Bind a path to literals; null is in no index, so it binds nothing."""
    if not isinstance(left, ast.Identifier | ast.Attribute) or not all(is_literal(item) for item in items):
        return {}
    values = [literal(item).value for item in items]
    return {} if None in values else {path_of(left): frozenset(map(index_text, values))}


def _of_in_function(arguments: dict[str, Any]) -> Required:
    """Read the values of Dataverse's In function."""
    name, values = arguments.get("PropertyName"), arguments.get("PropertyValues")
    if isinstance(name, str) and isinstance(values, list):
        return {tuple(name.split("/")): frozenset(map(index_text, values))}
    return {}


def _joined(left: Required, right: Required) -> Required:
    """Both must hold: a path named by both keeps what they share."""
    both = {path: left[path] & right[path] for path in left.keys() & right.keys()}
    return {**left, **right, **both}


def _either(left: Required, right: Required) -> Required:
    """One must hold: only a path named by both is still bound."""
    return {path: left[path] | right[path] for path in left.keys() & right.keys()}
