"""The command line, started as a user would."""

import gzip
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = ["run", "worker", "serve", "publish", "collect", "read", "backtest", "organisations", "topics", "doctor"]
LINE = (
    '{"id": "%s", "published_at": "2025-10-07T09:%02d:00+07:00", "source": {"kind": "news", "name": "Báo A"}, '
    '"title": "Thái Nguyên ngập sâu, dân bức xúc"}'
)


def canhbao(state: Path, *arguments: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CANHBAO_")}
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        env={**inherited, "CANHBAO_STATE_DIR": str(state), **variables},
        input=given,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_works_without_anything_and_says_what_the_command_does(tmp_path: Path, command: str) -> None:
    done = canhbao(tmp_path / "none", *([command] if command else []), "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout
    assert not (tmp_path / "none").exists()


def test_help_loads_none_of_the_heavy_libraries(tmp_path: Path) -> None:
    heavy = {"faust", "fastapi", "numpy", "river", "sqlalchemy", "aiohttp"}
    show = (
        "import sys; from deploy.cli import make_app\n"
        "try: make_app()(['publish', '--help'])\n"
        f"except SystemExit: print(sorted(set(sys.modules) & {heavy!r}))"
    )
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, check=True, text=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_register_is_listed_as_json(tmp_path: Path) -> None:
    done = canhbao(tmp_path, "organisations", "--json")
    listed = {each["code"]: each for each in json.loads(done.stdout)}
    assert listed["79"]["kind"] in {"city", "province"}
    assert listed["BYT"]["name"] == "Bộ Y tế"
    assert {"code", "name", "kind", "parent"} <= listed["19"].keys()


def test_a_wrong_setting_is_one_sentence_and_status_2(tmp_path: Path) -> None:
    done = canhbao(tmp_path, "organisations", CANHBAO_HTTP_PORT="99999")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "http.port" in done.stderr


def test_published_mentions_are_counted_and_refused_ones_named_by_line(tmp_path: Path) -> None:
    file = tmp_path / "m.ndjson.gz"
    file.write_bytes(gzip.compress("\n".join([LINE % (1, 1), "{", LINE % (2, 2), "[]"]).encode()))
    done = canhbao(tmp_path / "state", "publish", str(file))
    assert done.returncode == 1
    assert f"{file}, line 2: not_json" in done.stderr
    assert f"{file}, line 4: not_object" in done.stderr
    assert "2 mentions published, 2 refused" in done.stderr


def test_only_the_first_refusals_are_told_one_by_one(tmp_path: Path) -> None:
    done = canhbao(tmp_path / "state", "publish", "-", given="[]\n" * 50)
    assert done.stderr.count("not_object: ") == 20
    assert "50 refused (not_object 50)" in done.stderr


def test_a_replay_can_be_published_again_but_no_other_under_its_name(tmp_path: Path) -> None:
    given = LINE % (1, 1) + "\n" + LINE % (2, 2)
    for _ in range(2):
        assert canhbao(tmp_path, "publish", "--replay", "r1", "-", given=given).returncode == 0
    done = canhbao(tmp_path, "publish", "--replay", "r1", "-", given=LINE % (3, 3))
    assert done.returncode == 1
    assert "another name" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["publish", "/nothing.ndjson"], "cannot be opened"),
        (["publish", "-", "-"], "only once"),
        (["publish", "--format", "xml", "-"], "ndjson or csv"),
        (["publish", "--column", "x", "-"], "NAME=COLUMN"),
        (["publish", "--replay", "Not A Name", "-"], "--replay"),
        (["run", "--again"], "--demo"),
        (["collect"], "no feeds"),
        (["backtest", "--counts", "--step", "7x", "-"], "--step"),
        (["backtest", "--budget", "-1", "-"], "--budget: budget must"),
        (["backtest", "--from", "soon", "-"], "--from is a date"),
        (["backtest", "--organisation", "XYZ", "-"], "not in the register"),
        (["--config", "/nothing.toml", "organisations"], "does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_of_the_user_is_one_sentence_and_status_2(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = canhbao(tmp_path, *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert said in done.stderr


def test_readings_come_out_one_a_line_and_what_is_refused_is_said(tmp_path: Path) -> None:
    done = canhbao(tmp_path, "read", given=LINE % (1, 1) + "\n{\n")
    assert done.returncode == 1
    reading = json.loads(done.stdout)
    assert reading["organisations"] == ["19"]
    assert reading["negative"] >= 0.5
    assert "line 2: not_json" in done.stderr
    assert not any(tmp_path.iterdir())


def test_a_reading_says_which_former_name_was_used_and_which_role_the_body_has(tmp_path: Path) -> None:
    line = (LINE % (1, 1)).replace("Thái Nguyên ngập sâu, dân bức xúc", "Cựu thứ trưởng Bộ TT&TT nhận hối lộ")
    reading = json.loads(canhbao(tmp_path, "read", given=line + "\n").stdout)
    assert reading["organisations"] == ["BKHCN"]
    assert reading["former_names"] == [{"organisation": "BKHCN", "name": "Bộ TT&TT"}]
    assert reading["roles"] == {"BKHCN": "blamed"}


def test_bodies_that_ceased_are_listed_with_their_successors_when_asked_for(tmp_path: Path) -> None:
    told = canhbao(tmp_path, "organisations", "--ceased").stdout
    assert "63-34" in told
    assert "Thái Bình  (đến hết 30/06/2025, nay: Hưng Yên)" in told
    assert "Thái Bình" not in canhbao(tmp_path, "organisations").stdout


def test_the_registers_examples_are_tried(tmp_path: Path) -> None:
    directory = tmp_path / "register"
    directory.mkdir()
    assert "examples hold" in canhbao(tmp_path, "organisations", "--check").stderr
    (directory / "examples-own.tsv").write_text("text\tcodes\nLũ ở Huế\t19\n", encoding="utf-8")
    done = canhbao(tmp_path, "organisations", "--check", CANHBAO_STREAMS__REGISTER_DIRECTORY=str(directory))
    assert done.returncode == 1
    assert "must name 19, not 46" in done.stderr


def test_topics_are_made_and_checked(tmp_path: Path) -> None:
    missing = canhbao(tmp_path, "topics", "check")
    assert missing.returncode == 1
    assert "canhbao topics create" in missing.stderr
    assert canhbao(tmp_path, "topics", "create").returncode == 0
    assert canhbao(tmp_path, "topics", "check").returncode == 0
    assert canhbao(tmp_path, "topics", "check", CANHBAO_STREAMS__MENTIONS_PARTITIONS="9").returncode == 1


def test_counts_are_backtested(tmp_path: Path) -> None:
    rows = [f"A,2025-01-{1 + m // 1440:02d}T{m // 60 % 24:02d}:{m % 60:02d}:00Z,5,{m % 7 == 0:d}" for m in range(8640)]
    rows += [f"A,2025-01-07T00:{m:02d}:00Z,60,60" for m in range(30)]
    file = tmp_path / "counts.csv"
    file.write_text("organisation,window_start,mentions,negative\n" + "\n".join(rows) + "\n")
    done = canhbao(tmp_path, "backtest", "--counts", str(file))
    assert done.returncode == 0, done.stderr
    alert = json.loads(done.stdout.splitlines()[-1])
    assert alert["organisation"] == alert["organisation_name"] == "A"
    assert alert["window_start"].startswith("2025-01-07T00:")
    assert alert["observed"] == 60
    wrong = canhbao(
        tmp_path, "backtest", "--counts", "-", given="organisation,window_start,mentions,negative\nA,x,1,1\n"
    )
    assert (wrong.returncode, "line 2" in wrong.stderr) == (1, True)


def test_a_backtest_of_mentions_can_be_compared_and_drawn(tmp_path: Path) -> None:
    lines = "\n".join(LINE % (number, number % 60) for number in range(30)) + "\n"
    picture = tmp_path / "19.svg"
    options = ["--compare", "budget=0.5", "--organisation", "19", "--picture", str(picture), "--table"]
    done = canhbao(tmp_path, "backtest", *options, "-", given=lines)
    assert done.returncode == 0, done.stderr
    assert "30 mentions, 0 refused" in done.stderr
    assert "the other setting: 0 alerts" in done.stderr
    assert "Thái Nguyên" in picture.read_text(encoding="utf-8")


def test_doctor_explains_an_empty_machine_and_a_wrong_one(tmp_path: Path) -> None:
    well = canhbao(tmp_path / "state", "doctor", CANHBAO_HTTP_PORT="1")
    assert well.returncode == 0, well.stdout
    assert "http.port = 1  (CANHBAO_HTTP_PORT)" in well.stdout
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o755)
    (tmp_path / "state" / "alerts.sqlite").write_text("this is no database, and long enough not to be taken for one")
    wrong = canhbao(tmp_path / "state", "doctor", CANHBAO_HTTP_PORT="1")
    assert wrong.returncode == 1
    assert wrong.stdout.count("WRONG") == 2


def test_doctor_shows_no_secret_and_says_where_one_lies_open(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    written = state / "canhbao.toml"
    key = "whsec_" + "A" * 43 + "="
    written.write_text(
        f'store_url = "postgresql://db.example/x?password=geheim"\n[streams]\nvoice_secret = "{"v" * 40}"\n'
        f'[[receivers]]\nname = "a"\nurl = "https://chat.example/hooks/k7Zq"\nsecret = "{key}"\n'
    )
    written.chmod(0o644)
    told = canhbao(state, "doctor", CANHBAO_HTTP_PORT="1").stdout
    assert f"{written} holds secrets and is open to other users" in told
    assert "https://chat.example/…" in told
    for secret in ("k7Zq", key, "v" * 40, "geheim"):
        assert secret not in told, secret


def test_a_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    command = f"{sys.executable} -m deploy.cli organisations | head -1"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={**os.environ, "CANHBAO_STATE_DIR": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stderr


def test_a_terminal_sees_a_bar_with_count_and_rate(tmp_path: Path) -> None:
    file = tmp_path / "m.ndjson"
    file.write_text("\n".join(LINE % (number, 1) for number in range(5000)))
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CANHBAO_")}
    started = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", "publish", str(file)],
        env={**inherited, "CANHBAO_STATE_DIR": str(tmp_path / "state"), "TERM": "xterm"},
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not data:
            break
        shown += data
    os.close(ours)
    assert started.wait(timeout=60) == 0
    assert b"/s" in shown
    assert b"5,000 mentions published, 0 refused" in shown
