"""The systemctl of the real masters' machines: what it reads of units, and that it keeps, ends and restarts what they say."""
import importlib.util
import os
import subprocess
import sys
import time
from importlib.machinery import SourceFileLoader

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
LONGEST_S = 20


@pytest.fixture
def systemctl(tmp_path, monkeypatch):
    """The program as a module, with folders of its own."""
    loader = SourceFileLoader("systemctl", os.path.join(HERE, "systemctl"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("systemctl", loader))
    loader.exec_module(module)
    module.PLACES = [str(tmp_path / place) for place in ("etc", "lib")]
    return module


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_administrator_goes_before_the_package(systemctl, tmp_path):
    write(tmp_path, "lib/it.service", "[Service]\nExecStart=/bin/package\n")
    assert systemctl.read("it")["ExecStart"] == ["/bin/package"]
    write(tmp_path, "etc/it.service", "[Unit]\nExecStart=/bin/nothing\n[Service]\nExecStart=/bin/own \\\n  --long\n")
    assert systemctl.read("it")["ExecStart"][0].split() == ["/bin/own", "--long"]


def test_an_empty_line_of_a_drop_in_takes_back_those_before(systemctl, tmp_path):
    write(tmp_path, "lib/it.service", "[Service]\nExecStart=/bin/one\nEnvironment=A=1\n")
    write(tmp_path, "etc/it.service.d/20-more.conf", "[Service]\nEnvironment=B=2\n")
    write(tmp_path, "lib/it.service.d/10-kubeadm.conf", "[Service]\nExecStart=\nExecStart=/bin/two $ARGS\n")
    said = systemctl.read("it")
    assert said["ExecStart"] == ["/bin/two $ARGS"] and said["Environment"] == ["A=1", "B=2"]


def test_a_file_of_the_environment_has_a_value_a_line(systemctl, tmp_path):
    path = write(tmp_path, "args", "# the kubelet's\nARGS=--one=1 --two\nQUOTED=\"--three --four\"\n")
    env = systemctl.environment({"Environment": ['"ARGS=none" LEFT=here'], "EnvironmentFile": [str(path), "-/no/such/file"]})
    assert (env["ARGS"], env["QUOTED"], env["LEFT"]) == ("--one=1 --two", "--three --four", "here")
    assert systemctl.words("/bin/it $ARGS $QUOTED $NONE --left=${LEFT}", env) == ["/bin/it", "--one=1", "--two", "--three", "--four", "--left=here"]


def test_a_file_that_must_be_there(systemctl):
    with pytest.raises(SystemExit, match="/no/such/file"):
        systemctl.environment({"EnvironmentFile": ["/no/such/file"]})


@pytest.fixture
def run(tmp_path):
    """Runs the program; its folders are those of the test."""
    text = open(os.path.join(HERE, "systemctl"), encoding="utf-8").read()
    for folder in ("/run/units", "/etc/systemd/system", "/var/log/units"):
        text = text.replace(folder, str(tmp_path) + folder)
    program = write(tmp_path, "systemctl", text)
    done = []

    def call(*words):
        done.append(words)
        return subprocess.run([sys.executable, str(program), *words], capture_output=True, text=True, timeout=LONGEST_S, check=False)

    yield call
    for unit in {w[-1] for w in done if w[0] != "daemon-reload"}:
        subprocess.run([sys.executable, str(program), "stop", unit], capture_output=True, timeout=LONGEST_S, check=False)


def until(holds):
    last = time.monotonic() + LONGEST_S
    while not holds():
        assert time.monotonic() < last
        time.sleep(0.02)


def lines(path):
    return path.read_text().split() if path.exists() else []


def test_what_ends_begins_again_and_ends_when_it_is_stopped(run, tmp_path):
    log = tmp_path / "log"
    write(tmp_path, "etc/systemd/system/it.service", f"[Service]\nExecStart=/bin/sh -c 'echo up >>{log}'\nRestart=always\nRestartSec=0.05\n")
    assert run("enable", "--now", "it").returncode == 0
    until(lambda: len(lines(log)) > 2)
    assert run("is-active", "it.service").returncode == 0
    assert run("stop", "it").returncode == 0
    assert run("is-active", "it").returncode == 3


def test_a_restart_does_not_wait_for_what_has_ended(run, tmp_path):
    log = tmp_path / "log"
    write(tmp_path, "etc/systemd/system/it.service", f"[Service]\nExecStartPre=-/no/such/program\nExecStart=/bin/sh -c 'echo up >>{log}; exec sleep 1000'\nRestart=always\n")
    assert run("start", "it").returncode == 0
    until(lambda: lines(log) == ["up"])
    begun = time.monotonic()
    assert run("restart", "it").returncode == 0
    until(lambda: lines(log) == ["up", "up"])
    assert time.monotonic() - begun < LONGEST_S


def test_one_that_says_when_it_is_ready_is_waited_for(run, tmp_path):
    told = tmp_path / "told"
    say = f"import os,socket,time; time.sleep(0.3); open({str(told)!r},'w').close(); s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.sendto(b'READY=1',os.environ['NOTIFY_SOCKET']); time.sleep(1000)"
    write(tmp_path, "etc/systemd/system/it.service", f'[Service]\nType=notify\nExecStart={sys.executable} -c "{say}"\n')
    assert run("start", "it").returncode == 0 and told.exists()


def test_what_it_does_not_know_is_an_error(run):
    assert "not found" in run("start", "nothing").stderr
    assert "does not know" in run("poweroff", "it").stderr
