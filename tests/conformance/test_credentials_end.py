"""Credentials that end in the middle of a run, over real HTTP: an agent gives keys of an hour, and AWS's hour is over when they have signed so many requests."""
import http.server
import json
import threading
import time

import pytest

from kcmoto.server import ACCOUNT, KEY, SECRET, Keys
from test_quickstart import MADE, Scene, difference

HOUR = 3600


class Agent(http.server.ThreadingHTTPServer):
    """What a container asks for keys, each good for `serves` requests; after the first it answers as often as `fails` says that it is broken, and if `refuses`, nothing
    of use."""
    daemon_threads = True

    def __init__(self, server, serves):
        self.server, self.serves, self.fails, self.refuses, self.given = server, serves, 0, False, 0
        agent = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                status, body = agent.answer()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self):
        if self.given and self.fails:
            self.fails -= 1
            return 500, b""
        if self.given and self.refuses:
            return 200, b'{"code": "AccessDenied", "secret": "of nobody"}'
        self.given += 1
        ends, key = int(self.server.now()) + HOUR, f"ASIA{self.given:016d}"
        self.server.keys[key] = Keys("secret", ACCOUNT, "token", ends, self.serves)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends))
        return 200, json.dumps({"AccessKeyId": key, "SecretAccessKey": "secret", "Token": "token", "Expiration": moment}).encode()


@pytest.fixture
def scene(server, client, tmp_path):
    s = Scene(server, client, tmp_path)
    s.agents = []

    def agent(serves):
        made = Agent(server, serves)
        s.agents.append(made)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            s.kc.env.pop(name, None)
        s.kc.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"http://127.0.0.1:{made.server_address[1]}/keys"
        return made
    s.agent = agent
    yield s
    for a in s.agents:
        a.shutdown()


def whole(scene):
    assert difference(scene.account.counts(), scene.before) == MADE
    scene.kc.ok("plan", "--exit-code")


def test_a_run_outlives_many_credentials(scene):
    agent = scene.agent(40)
    scene.kc.ok("apply", "--yes")
    assert agent.given >= 3
    whole(scene)
    scene.kc.ok("destroy", "--yes")
    assert scene.account.counts() == scene.before


def test_a_refresh_that_fails_for_a_while(scene):
    agent = scene.agent(100)
    agent.fails = 2
    scene.kc.ok("apply", "--yes")
    assert agent.fails == 0
    whole(scene)


@pytest.mark.parametrize("serves", [40, 120])
def test_a_refresh_that_fails_for_good(scene, serves):
    agent = scene.agent(serves)
    agent.refuses = True
    done = scene.kc.run("apply", "--yes")
    assert done.returncode == 5, f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert "E0702" in done.stdout and "has no `AccessKeyId`" in done.stdout
    assert "secret" not in done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("E0702") == 1         # one cause, one error
    scene.kc.env.pop("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    scene.kc.ok("apply", "--yes", AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
    scene.kc.env.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
    whole(scene)
