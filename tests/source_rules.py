"""The house rules for Python source, one function each: given a module, it yields a sentence for every breach."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

FILE_LINES = 400
FUNCTION_LINES = 50
FORBIDDEN_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc"})
STATUS_WRITER = "certify/workflows/step.py"
COMMITTER = "certify/db.py"
REQUEST_READERS = ("certify/web/", "certify/api/", "certify/http_errors.py", "certify/i18n.py")
UNSAFE_PDFKIT = frozenset({"from_string", "from_url"})
LEFTOVER = re.compile(r"#\s*(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file: its path from the project's root, with slashes, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @property
    def is_ours(self) -> bool:
        """Part of the service, not of its tests."""
        return self.path.startswith("certify/") or self.path == "wsgi.py"

    def say(self, node: ast.AST | int, sentence: str) -> str:
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return f"{self.path}:{line}: {sentence}"


Rule = Callable[[Module], Iterator[str]]


def modules(root: Path) -> list[Module]:
    """Every Python file of the service, its tests and examples; migrations are generated and stand apart."""
    found = [
        root / "wsgi.py",
        *(file for name in ("certify", "tests", "examples") for file in (root / name).rglob("*.py")),
    ]
    paths = sorted(path for path in found if path.exists() and "migrations" not in path.parts)
    return [Module(path.relative_to(root).as_posix(), path.read_text("utf-8")) for path in paths]


def says_what_it_is_for(module: Module) -> Iterator[str]:
    if module.text.strip() and not ast.get_docstring(module.tree):
        yield module.say(1, "no docstring that says what the module is for")


def is_short(module: Module) -> Iterator[str]:
    lines = len(module.text.splitlines())
    if lines > FILE_LINES:
        yield module.say(lines, f"{lines} lines; split the file, {FILE_LINES} is the limit")


def has_short_functions(module: Module) -> Iterator[str]:
    for node in module.functions:
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES:
            yield module.say(node, f"{node.name} has {lines} lines; {FUNCTION_LINES} is the limit")


def is_annotated(module: Module) -> Iterator[str]:
    for node in module.functions if module.is_ours else ():
        bare = [name.arg for name in _arguments(node) if name.annotation is None and name.arg not in {"self", "cls"}]
        if bare:
            yield module.say(node, f"{node.name} has arguments without a type: {', '.join(bare)}")
        if node.returns is None:
            yield module.say(node, f"{node.name} does not say what it returns")


def has_a_telling_file_name(module: Module) -> Iterator[str]:
    for part in PurePosixPath(module.path).with_suffix("").parts:
        if part in FORBIDDEN_NAMES:
            yield module.say(1, f"'{part}' says nothing about what is inside; name the file after its noun or verb")


def has_telling_names(module: Module) -> Iterator[str]:
    for node in module.functions if module.is_ours else ():
        names = [node.name, *(name.arg for name in _arguments(node))]
        short = [name for name in names if len(name) == 1 and name != "_"]
        if short:
            yield module.say(node, f"one-letter names in the signature of {node.name}: {', '.join(short)}")


def leaves_status_to_step(module: Module) -> Iterator[str]:
    if not module.is_ours or module.path == STATUS_WRITER:
        return
    for node in ast.walk(module.tree):
        if any(_is_foreign_status(target) for target in _targets(node)) or _sets_status_by_call(node):
            yield module.say(node, f"a status is written; only {STATUS_WRITER} may do that")


def leaves_commit_to_transaction(module: Module) -> Iterator[str]:
    if not module.is_ours or module.path == COMMITTER:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield module.say(node, f"commit outside transaction() of {COMMITTER}")


def reads_no_request(module: Module) -> Iterator[str]:
    if not module.is_ours or module.path.startswith(REQUEST_READERS):
        return
    for node in ast.walk(module.tree):
        named = isinstance(node, ast.ImportFrom) and node.module == "flask" and _imports(node, "request")
        dotted = isinstance(node, ast.Attribute) and node.attr == "request" and _is_name(node.value, "flask")
        if named or dotted:
            yield module.say(node, "flask.request below the web; hand over what is needed as arguments")


def imports_at_the_top(module: Module) -> Iterator[str]:
    for function in module.functions if module.is_ours else ():
        if function.name == "create_app":
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield module.say(node, f"import inside {function.name}; only create_app may do that")


def uses_pdfkit_safely(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        by_name = isinstance(node, ast.Attribute) and node.attr in UNSAFE_PDFKIT and _is_name(node.value, "pdfkit")
        imported = isinstance(node, ast.ImportFrom) and node.module == "pdfkit" and _imports(node, *UNSAFE_PDFKIT)
        if by_name or imported:
            yield module.say(node, "pdfkit reads options from meta tags of a string; hand it a file object")


def keeps_the_domain_pure(module: Module) -> Iterator[str]:
    if not module.path.startswith("certify/domain/"):
        return
    for node in ast.walk(module.tree):
        for name in _imported_modules(node):
            if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("certify.domain"):
                yield module.say(
                    node, f"the domain imports {name}; only the standard library and the domain are allowed"
                )


def leaves_no_text_lying(module: Module) -> Iterator[str]:
    """A text that is a statement by itself is the second half of one whose brackets were forgotten."""
    for node in ast.walk(module.tree):
        body = getattr(node, "body", None)
        for statement in body[1:] if isinstance(body, list) else ():
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str)):
                yield module.say(statement, "a text that nothing uses")


def leaves_nothing_for_later(module: Module) -> Iterator[str]:
    for number, line in enumerate(module.text.splitlines(), 1):
        if LEFTOVER.search(line):
            yield module.say(number, "a note to oneself; do it or file it")


RULES: tuple[Rule, ...] = (
    says_what_it_is_for,
    is_short,
    has_short_functions,
    is_annotated,
    has_a_telling_file_name,
    has_telling_names,
    leaves_status_to_step,
    leaves_commit_to_transaction,
    reads_no_request,
    imports_at_the_top,
    uses_pdfkit_safely,
    keeps_the_domain_pure,
    leaves_no_text_lying,
    leaves_nothing_for_later,
)


def _arguments(node: Function) -> list[ast.arg]:
    given = node.args
    extra = [name for name in (given.vararg, given.kwarg) if name is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *extra]


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return [
            part for target in node.targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])
        ]
    return [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []


def _is_foreign_status(target: ast.expr) -> bool:
    """`thing.status`, but not `self.status`: an object may fill its own field when it is made."""
    return isinstance(target, ast.Attribute) and target.attr == "status" and not _is_name(target.value, "self")


def _sets_status_by_call(node: ast.AST) -> bool:
    """`setattr(thing, "status", …)` and `update(…).values(status=…)`."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        return node.func.attr == "values" and any(keyword.arg == "status" for keyword in node.keywords)
    second = node.args[1] if len(node.args) > 1 else None
    return _is_name(node.func, "setattr") and isinstance(second, ast.Constant) and second.value == "status"


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _imports(node: ast.ImportFrom, *names: str) -> bool:
    return any(alias.name in names for alias in node.names)


def _imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"certify.domain.{node.module}" if node.level == 1 else node.module or ""]
    return []
