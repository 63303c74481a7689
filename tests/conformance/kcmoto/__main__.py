"""`python -m kcmoto` in tests/conformance: the server by itself, to try things by hand. Prints what to put into the environment."""
import sys
import threading

from .server import KEY, SECRET, Server

server = Server(float(sys.argv[1]) if len(sys.argv) > 1 else 0.06)
print(f"export AWS_ENDPOINT_URL={server.url} AWS_ACCESS_KEY_ID={KEY} AWS_SECRET_ACCESS_KEY={SECRET} AWS_REGION=eu-west-1 KC_WAIT_SCALE=1000", flush=True)
threading.Event().wait()
