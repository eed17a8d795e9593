"""Broken copies of a module, one small change each, and what the cases say of them.

A verifier that lets something through looks like one that works. So every comparison, constant, condition and refusal of
it is turned in a copy, and some case has to notice.
"""

from __future__ import annotations

import ast
import copy
import os
import signal
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Pow: ast.Mult,
}  # fmt: skip
_SECONDS = 6


@dataclass(frozen=True)
class Mutant:
    """A changed module, where it was changed, and how."""

    line: int
    code: str
    change: str
    make: Callable[[], ast.Module]

    def __str__(self) -> str:
        return f"line {self.line}: {self.change}"


def mutants(path: Path, functions: Callable[[str], bool]) -> Iterator[Mutant]:
    """Every copy of the module with one change inside the functions (or methods) that are named, or at the top level."""
    text = path.read_text(encoding="utf-8")
    for spot, node in enumerate(_spots(ast.parse(text), functions)):
        before = ast.unparse(node)
        for number in range(_changes(node)):
            changed = copy.deepcopy(node)
            _change(changed, number)
            said = f"{before}  ->  {ast.unparse(changed)} ({number})"[:160]
            line = getattr(node, "lineno", 1)
            yield Mutant(
                line, text.splitlines()[line - 1].strip(), said, partial(_changed, text, functions, spot, number)
            )


def _changed(text: str, functions: Callable[[str], bool], spot: int, number: int) -> ast.Module:
    tree = ast.parse(text)
    _change(_spots(tree, functions)[spot], number)
    return ast.fix_missing_locations(tree)


def _spots(tree: ast.Module, functions: Callable[[str], bool]) -> list[ast.AST]:
    return [node for part in tree.body if not isinstance(part, ast.Expr) for node in _nodes(part, functions)]


def _nodes(node: ast.AST, functions: Callable[[str], bool]) -> Iterator[ast.AST]:
    """The nodes that are changed, texts of messages, annotations and documentation left out."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        if isinstance(node, ast.FunctionDef) and not functions(node.name):
            return
        for item in node.body:
            if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)):
                yield from _nodes(item, functions)
        return
    if isinstance(node, ast.Raise):
        yield node
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST) and not _is_message(node, item):
                yield from _nodes(item, functions)


def _is_message(parent: ast.AST, node: ast.AST) -> bool:
    """Whether a text is what is said when something does not hold: the last argument of the readers."""
    if isinstance(parent, ast.JoinedStr):
        return True
    said = isinstance(parent, ast.Call) and len(parent.args) > 1 and node is parent.args[-1]
    return (
        said and isinstance(node, (ast.Constant, ast.JoinedStr)) and "str" in type(getattr(node, "value", "")).__name__
    )


def _changes(node: ast.AST) -> int:
    """How many ways there are to change a node."""
    number = 0
    while _change(copy.deepcopy(node), number):
        number += 1
    return number


def _change(node: ast.AST, number: int) -> bool:
    """Make the numbered change in place; False where there are not that many."""
    if isinstance(node, ast.Compare):
        ways = [(at, other) for at, item in enumerate(node.ops) for other in _COMPARISONS[type(item)]]
        if number < len(ways):
            node.ops[ways[number][0]] = ways[number][1]()
        return number < len(ways)
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and number == 0:
        node.op = _OPERATORS[type(node.op)]()
        return True
    if isinstance(node, ast.BoolOp) and number < len(node.values) + 1:
        if number == len(node.values):
            node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        else:
            del node.values[number]
        return True
    if isinstance(node, (ast.If, ast.While, ast.IfExp)) and number < 2:
        node.test = ast.copy_location(ast.Constant(number == 0), node.test)
        return True
    if isinstance(node, ast.Raise) and number == 0:
        node.exc, node.cause = ast.copy_location(ast.Call(ast.Name("print", ast.Load()), [], []), node), None
        node.__class__ = ast.Expr  # type: ignore[assignment]
        node.value = node.exc  # type: ignore[attr-defined]
        return True
    if isinstance(node, ast.Return) and number == 0 and node.value is not None:
        node.value = ast.copy_location(ast.Constant(None), node.value)
        return True
    return isinstance(node, ast.Constant) and _change_constant(node, number)


def _change_constant(node: ast.Constant, number: int) -> bool:
    value = node.value
    others: list[Any] = []
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int):
        others = [value + 1, value - 1]
    elif isinstance(value, str):
        others = [value + "x"]
    elif isinstance(value, bytes):
        others = [value + b"x"]
    if number < len(others):
        node.value = others[number]
    return number < len(others)


def survives(mutant: Mutant, cases: Sequence[Callable[[Any], None]], adapt: Callable[[types.ModuleType], Any]) -> bool:
    """Whether every case passes with the broken module. Runs in a child process, which is given some seconds of the processor."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.setitimer(signal.ITIMER_PROF, _SECONDS)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            code = 0 if _passes(mutant, cases, adapt) else 1
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return status == 0


def _passes(mutant: Mutant, cases: Sequence[Callable[[Any], None]], adapt: Callable[[types.ModuleType], Any]) -> bool:
    import sys

    module = types.ModuleType("mutant")
    sys.modules["mutant"] = module
    try:
        exec(compile(mutant.make(), "mutant", "exec"), module.__dict__)
        adapted = adapt(module)
        for case in cases:
            case(adapted)
    except BaseException:  # noqa: BLE001 - whatever goes wrong, the mutant was noticed
        return False
    return True
