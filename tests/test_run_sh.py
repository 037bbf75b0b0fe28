"""The front door says in one sentence what is wrong; installing itself is shown on bare systems, not here."""

import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scale.process import free_port

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "run.sh"
COMMANDS = ("setup", "demo", "serve", "worker", "test", "check", "bench", "fix", "lock")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def run(*arguments: str, script: Path = SCRIPT, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the script as a person would; `environment` is added to the one of the tests."""
    return subprocess.run(
        ["/bin/bash", str(script), *arguments],
        env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip


def function_of_run_sh(name: str) -> str:
    """The text of one function of the script."""
    found = re.search(rf"^{name}\(\) {{(?: .*}}|\n(?:.*\n)*?}})\n", SCRIPT.read_text(), re.MULTILINE)
    assert found, name
    return found[0]


def said(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    """The one line that a refused call leaves."""
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr.startswith("run.sh: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.fixture
def bare(tmp_path: Path) -> Run:
    """A copy of the script on a system that has only the named programs; `python3="…"` gives one a text of its own."""

    def call(*arguments: str, **programs: str) -> "subprocess.CompletedProcess[str]":
        folder, path = tmp_path / "project", tmp_path / "bin"
        folder.mkdir()
        path.mkdir()
        script = Path(shutil.copy(SCRIPT, folder))
        for name in ("bash", "dirname", "cat", "grep", "sha256sum", "env"):
            (path / name).symlink_to(str(shutil.which(name)))
        for name, text in {"id": "echo 1000", **programs}.items():
            (path / name).write_text(f"#!/bin/bash\n{text}\n")
            (path / name).chmod(0o755)
        done = run(*arguments, script=script, PATH=str(path), HOME=str(tmp_path))
        assert not (folder / ".venv").exists(), "it went on after the refusal"
        return done

    return call


# Answers the question for the version, and lacks the modules that Debian ships apart.
WITHOUT_VENV = 'case "$*" in *ensurepip*) exit 1 ;; *print*) echo 3.12 ;; esac'
OLD = 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi'


@pytest.mark.parametrize("script", [SCRIPT, ROOT / ".ci/run"], ids=lambda path: path.name)
def test_the_scripts_are_valid_and_executable(script: Path) -> None:
    done = subprocess.run(["/bin/bash", "-n", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
def test_help_lists_every_command(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert tuple(re.findall(r"^  ([a-z]+) ", done.stdout, re.MULTILINE)) == COMMANDS


def test_every_listed_command_is_known() -> None:
    known = SCRIPT.read_text().partition("case $command in")[2]
    assert all(re.search(rf"\b{command}\b", known) for command in COMMANDS)


def test_an_unknown_command_is_refused() -> None:
    assert "There is no command 'sevre'" in said(run("sevre"), 2)


@pytest.mark.parametrize("command", ["setup", "serve", "check", "fix"])
def test_arguments_that_would_be_ignored_are_refused(command: str) -> None:
    assert f"{command} takes no arguments" in said(run(command, "9000"), 2)


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_taken_port_is_said_before_anything_is_done(command: str, bare: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        sentence = said(bare(command, python3=f'exec {sys.executable} "$@"'), 1)
    assert f"Port {port} on 127.0.0.1 is taken." in sentence
    assert f"PORT={port % 65535 + 1} ./run.sh" in sentence


@pytest.mark.parametrize("port", ["0", "65536", "http", "80 80", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    assert f"PORT={port} is not a number from 1 to 65535." in said(run("serve", PORT=port), 1)


def test_a_service_for_others_without_tls_is_refused() -> None:
    assert "without TLS: set PUBLIC_URL=https://" in said(run("serve", HOST="0.0.0.0", PORT=str(free_port())), 78)


def test_a_demo_for_others_answers_under_the_names_of_this_machine() -> None:
    functions = "".join(function_of_run_sh(name) for name in ("say", "is_own_machine", "trust_own_names"))
    told = {}
    for host, given in (("0.0.0.0", ""), ("127.0.0.1", ""), ("0.0.0.0", "my.example")):
        script = (
            f'host={host}; TRUSTED_HOSTS={given}; PUBLIC_URL=; {functions} trust_own_names >&2; echo "$TRUSTED_HOSTS"'
        )
        done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=True)
        told[host, given] = (done.stdout.strip(), done.stderr)
    names, sentence = told["0.0.0.0", ""]
    assert socket.gethostname() in names.split(",") and "Everybody in the network can open this demo" in sentence
    assert told["127.0.0.1", ""] == ("", "") and told["0.0.0.0", "my.example"] == ("my.example", "")


def test_a_host_of_another_machine_is_refused() -> None:
    # 192.0.2.0/24 is kept for documentation: no machine has it.
    assert "HOST=192.0.2.1 is no address of this machine" in said(run("serve", HOST="192.0.2.1"), 1)


def test_an_old_python_is_named(bare: Run) -> None:
    done = bare("setup", python3=OLD)
    sentence = said(done, 1)
    assert "Python 3.11 or newer is needed, and this system has Python 3.9.2." in sentence
    assert "sudo apt-get update && sudo apt-get install -y python3" in sentence


def test_a_missing_python_is_named(bare: Run) -> None:
    assert "this system has none." in said(bare("setup"), 1)


def test_without_the_right_to_install_the_command_is_named(bare: Run) -> None:
    sentence = said(bare("setup", **{"python3": WITHOUT_VENV, "apt-get": "exit 99", "apt-cache": ""}), 1)
    assert "Python's venv is missing and this user may not install it." in sentence
    assert "Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends python3.12-venv" in sentence


def test_a_sudo_that_asks_where_nobody_answers_is_no_right(bare: Run) -> None:
    done = bare("setup", **{"python3": WITHOUT_VENV, "apt-get": "exit 99", "sudo": "exit 1"})
    assert "may not install it. Run: sudo apt-get update" in said(done, 1)


def test_without_apt_the_packages_are_named(bare: Run) -> None:
    sentence = said(bare("setup", python3=WITHOUT_VENV), 1)
    assert "this system has no apt-get" in sentence
    assert "python3.12-venv" in sentence


def test_what_apt_says_is_shown_only_when_it_fails(bare: Run) -> None:
    apt = 'if [ "$1" = install ]; then echo "E: Unable to locate package"; exit 100; fi'
    done = bare("setup", **{"python3": WITHOUT_VENV, "apt-get": apt, "id": "echo 0"})
    assert done.returncode == 1
    assert "Installing Python's venv: python3.12-venv" in done.stdout
    assert "E: Unable to locate package" in done.stdout
    assert "run.sh: apt-get could not install Python's venv" in done.stderr


def test_ci_ends_as_the_suite_does_and_repeats_both_closing_lines(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".venv").mkdir()
    script = Path(shutil.copy(ROOT / ".ci/run", tmp_path / ".ci"))
    suite = tmp_path / "run.sh"
    suite.write_text(
        '#!/bin/bash\n[ "$1" != setup ] || exit 0\necho "== 9 passed in 3.10s =="\n'
        'echo "2 failed, 7 passed in 61.00s (0:01:01)"; exit 1\n'
    )
    suite.chmod(0o755)
    done = run(script=script)
    assert done.returncode == 1
    last = done.stdout.splitlines()[-3:]
    assert re.fullmatch(r"run\.sh test ended with 1 after 0 min \d+ s", last[0])
    assert last[1:] == ["2 failed, 7 passed in 61.00s (0:01:01)", "== 9 passed in 3.10s =="]


def test_a_failure_is_named_when_it_happens(tmp_path: Path) -> None:
    (tmp_path / "test_two.py").write_text(
        "def test_first():\n    assert 1 == 2\n\n\ndef test_last():\n    print('end')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-s", "-p", "tests.conftest", "-p", "no:cacheprovider", "test_two.py"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    named = "FAILED NOW (call) test_two.py::test_first assert 1 == 2"
    assert 0 < done.stdout.index(named) < done.stdout.index("end"), done.stdout


# --- the locks

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}"
WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def wheel(index: Path, name: str, version: str, more: str = "") -> str:
    """Put an empty package on the shelf of a package index; answers its line in a lock."""
    shelf = index / name
    shelf.mkdir(parents=True, exist_ok=True)
    file = shelf / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", METADATA.format(name=name, version=version, more=more))
        archive.writestr(f"{info}/WHEEL", WHEEL)
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    links = "".join(f'<a href="{one.name}">{one.name}</a>' for one in sorted(shelf.glob("*.whl")))
    (shelf / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


@pytest.fixture(scope="module")
def old_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with a pip that resolves extras anew, as Debian 12's does."""
    if sys.version_info >= (3, 12):
        pytest.skip("a pip of before 23.3 does not run on this Python, and no system has both")
    folder = tmp_path_factory.mktemp("old") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    python = folder / "bin" / "python"
    version = subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, version.split()[1].split(".")[:2])) >= (23, 3):
        fetched = subprocess.run([str(python), "-m", "pip", "-q", "install", "pip==23.0.1"], check=False)
        if fetched.returncode:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("pip 23.0.1 could not be fetched")
    return python


@pytest.mark.parametrize("complete", [True, False], ids=["as it is", "resolving anew"])
def test_a_lock_that_is_one_release_behind_is_installed(old_python: Path, tmp_path: Path, complete: bool) -> None:
    index, lock = tmp_path / "index", tmp_path / "small.lock"
    lines = wheel(index, "inner", "1.0", "Provides-Extra: more\n")
    lines += wheel(index, "outer", "1.0", "Requires-Dist: inner[more] >=1\n")
    wheel(index, "inner", "2.0", "Provides-Extra: more\n")
    lock.write_text(lines)
    (tmp_path / ".venv").mkdir()
    functions = "".join(function_of_run_sh(name) for name in ("say", "die", "is_installed", "install_lock"))
    if not complete:
        assert functions.count("--no-deps ") == 2
        functions = functions.replace("--no-deps ", "")
    script = f"set -euo pipefail; python={old_python}; wheels={tmp_path}/wheels; {functions} install_lock small.lock"
    # Nothing but this index: the shelf of the test.
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    environ |= {"PIP_INDEX_URL": index.as_uri(), "PIP_CONFIG_FILE": os.devnull, "HOME": str(tmp_path)}
    done = subprocess.run(
        ["/bin/bash", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    if not complete:
        assert done.returncode == 1 and "--require-hashes" in done.stderr, done.stdout + done.stderr
        return
    assert done.returncode == 0, done.stdout + done.stderr
    listed = subprocess.run([str(old_python), "-m", "pip", "list"], capture_output=True, text=True, check=True).stdout
    assert re.search(r"^inner +1\.0$", listed, re.MULTILINE) and re.search(r"^outer +1\.0$", listed, re.MULTILINE)
    assert len(list((tmp_path / "wheels").iterdir())) == 2
    subprocess.run([str(old_python), "-m", "pip", "-q", "uninstall", "-y", "inner", "outer"], check=True)


def test_ctrl_c_in_the_download_is_no_failure(tmp_path: Path) -> None:
    functions = "".join(function_of_run_sh(name) for name in ("say", "die", "is_installed", "install_lock"))
    trap = re.search(r"^trap .* INT$", SCRIPT.read_text(), re.MULTILINE)
    assert trap
    # A pip that is interrupted in the midst of it, says so itself and ends as it does then.
    pip = tmp_path / "python"
    pip.write_text('#!/bin/bash\ncase "$*" in *" download "*) kill -INT $PPID; echo cancelled >&2 ;; esac\nexit 1\n')
    pip.chmod(0o755)
    (tmp_path / "small.lock").write_text("")
    (tmp_path / ".venv").mkdir()
    script = (
        f"set -euo pipefail\n{trap[0]}\npython={pip}; wheels={tmp_path}/wheels\n{functions}\ninstall_lock small.lock"
    )
    done = subprocess.run(
        ["/bin/bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "cancelled\n")
