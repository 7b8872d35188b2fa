"""Processes that are kept running: real ones, that crash, refuse or will not stop."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.children import Child, ChildRefusedError, Patience
from deploy.supervisor import child_environment

QUICK = Patience(first=0.02, longest=0.1, well=60, stop=0.5)


def child(tmp_path: Path, code: str, said: list[str]) -> Child:
    """A child whose `deploy.cli` is `code`."""
    package = tmp_path / "deploy"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").touch()
    (package / "cli.py").write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1", "HERE": str(tmp_path)}
    return Child("child", [], environment, tmp_path / "child.log", said.append, QUICK)


async def until(path: Path) -> None:
    async with asyncio.timeout(10):
        while not path.exists():
            await asyncio.sleep(0.01)


STARTED = "import os, pathlib, signal, sys, time\nhere = pathlib.Path(os.environ['HERE'])\n"
FOR_EVER = "(here / 'up').write_text(str(os.getpid()))\ntime.sleep(60)\n"


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_crashed_one_is_started_again_later_and_later(tmp_path: Path) -> None:
    code = (
        STARTED
        + "n = len(list(here.glob('run-*')))\n(here / f'run-{n}').touch()\n"
        + ("sys.exit(1) if n < 3 else None\n" + FOR_EVER)
    )
    said: list[str] = []
    one = child(tmp_path, code, said)
    task = asyncio.create_task(one.keep())
    await until(tmp_path / "up")
    await one.stop()
    await task
    assert len(said) == 3
    assert [line.split("again in ")[1].split(" s")[0] for line in said] == ["0.02", "0.04", "0.08"]
    assert all("status 1" in line for line in said)


async def test_one_that_refuses_is_not_tried_again_and_its_sentence_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    one = child(tmp_path, "import sys\nprint('canhbao: not like this', file=sys.stderr)\nsys.exit(2)\n", said)
    with pytest.raises(ChildRefusedError, match=r"^not like this$"):
        await one.keep()
    assert said == []


async def test_one_that_will_not_stop_is_killed_with_all_it_started(tmp_path: Path) -> None:
    code = STARTED + (
        "import subprocess\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "(here / 'other').write_text(str(other.pid))\n"
    )
    said: list[str] = []
    one = child(tmp_path, code + FOR_EVER, said)
    task = asyncio.create_task(one.keep())
    await until(tmp_path / "up")
    begun = time.perf_counter()
    await one.stop()
    await task
    assert time.perf_counter() - begun < 3
    assert "is killed" in said[0]
    async with asyncio.timeout(5):
        while is_there(int((tmp_path / "other").read_text())) and not _is_zombie(tmp_path / "other"):
            await asyncio.sleep(0.01)


def _is_zombie(path: Path) -> bool:
    try:
        state = Path(f"/proc/{path.read_text()}/stat").read_text()
    except FileNotFoundError:
        return True
    return state.rpartition(")")[2].split()[0] == "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread looks once a second")
async def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, subprocess, sys, time\n"
        "child = 'from deploy.lifeline import tie_to; import os, sys, time; tie_to(int(sys.argv[1])); '"
        "'print(os.getpid(), flush=True); time.sleep(60)'\n"
        "started = subprocess.Popen([sys.executable, '-c', child, str(os.getpid())], stdout=subprocess.PIPE, text=True,"
        " start_new_session=True)\n"
        "print(started.stdout.readline(), flush=True)\ntime.sleep(60)\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    pidfile = tmp_path / "pid"
    pidfile.write_text(str(pid))
    async with asyncio.timeout(5):
        while is_there(pid) and not _is_zombie(pidfile):
            await asyncio.sleep(0.01)


@given(st.integers(1, 1000))
def test_waits_never_shrink_and_have_an_end(crashes: int) -> None:
    patience = Patience()
    assert patience.first <= patience.wait(crashes) <= patience.wait(crashes + 1) <= patience.longest


def test_a_child_is_told_the_same_settings_by_whole_paths(tmp_path: Path) -> None:
    from deploy.settings import load_settings

    settings = load_settings(environ={"CANHBAO_STATE_DIR": str(tmp_path)})
    told = child_environment({"A": "b"}, settings, Path("x.toml"), STREAMS__RUN="demo-1")
    assert told == {
        "A": "b",
        "CANHBAO_STATE_DIR": str(tmp_path),
        "CANHBAO_CONFIG": str(Path("x.toml").absolute()),
        "CANHBAO_STREAMS__RUN": "demo-1",
    }
