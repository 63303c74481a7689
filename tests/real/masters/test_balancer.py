"""The balancer of the real masters: who gets connections, and when they end."""
import http.client
import http.server
import ssl
import threading
import time

import pytest

import authority
import balancer as balancer_module
from balancer import Balancer

LONGEST_S = 20


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = str(self.server.server_port).encode()
        self.send_response(200 if self.path != "/readyz" or self.server.ready else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    authority.serving(str(folder), "127.0.0.1", [])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context, str(folder / "tls.crt")


@pytest.fixture
def apis(tls):
    made = []
    for _ in range(2):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
        server.daemon_threads, server.ready = True, True
        server.socket = tls[0].wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        made.append(server)
    yield made
    for server in made:
        server.shutdown()
        server.server_close()


@pytest.fixture
def balancer(apis, monkeypatch):
    monkeypatch.setattr(balancer_module, "CHECK_S", 0.05)
    b = Balancer("127.0.0.1", 0)
    b.set({("127.0.0.1", a.server_port): False for a in apis})
    until(lambda: b.well() == 2)
    return b


def until(holds):
    last = time.monotonic() + LONGEST_S
    while not holds():
        assert time.monotonic() < last
        time.sleep(0.02)


def connect(balancer, tls):
    return http.client.HTTPSConnection(*balancer.address, context=ssl.create_default_context(cafile=tls[1]), timeout=LONGEST_S)


def ask(connection):
    connection.request("GET", "/")
    return int(connection.getresponse().read())


def reached(balancer, tls):
    return {ask(connect(balancer, tls)) for _ in range(6)}


def test_connections_go_to_all_that_are_well(balancer, apis, tls):
    assert reached(balancer, tls) == {a.server_port for a in apis}
    apis[0].ready = False
    until(lambda: balancer.well() == 1)
    assert reached(balancer, tls) == {apis[1].server_port}


def test_where_none_is_well_all_are_tried(balancer, apis, tls):
    for a in apis:
        a.ready = False
    until(lambda: balancer.well() == 0)
    assert reached(balancer, tls) == {a.server_port for a in apis}


def test_one_that_drains_keeps_what_it_has_until_it_is_taken_out(balancer, apis, tls):
    old = connect(balancer, tls)
    held, ports = ask(old), [a.server_port for a in apis]
    other = next(p for p in ports if p != held)
    balancer.set({("127.0.0.1", held): True, ("127.0.0.1", other): False})
    until(lambda: balancer.well() == 1)
    assert reached(balancer, tls) == {other} and ask(old) == held
    balancer.set({("127.0.0.1", other): False})
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError)):
        for _ in range(100):
            ask(old)
