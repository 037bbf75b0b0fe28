"""The front door says in one sentence what is wrong; installing itself is shown on bare systems, not here."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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
    script = Path(shutil.copy(ROOT / ".ci/run", tmp_path / ".ci"))
    suite = tmp_path / "run.sh"
    suite.write_text(
        '#!/bin/bash\necho "== 9 passed in 3.10s =="; echo "2 failed, 7 passed in 61.00s (0:01:01)"; exit 1\n'
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
