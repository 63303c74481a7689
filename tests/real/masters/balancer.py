"""Stand-in for a network load balancer: connections go to targets that are registered and answer /readyz; those of a target that is taken out end when its delay does."""
import asyncio
import ssl
import threading

CHECK_S = 1


class Target:
    def __init__(self, host, port):
        self.host, self.port, self.good, self.well, self.draining, self.connections = host, port, 0, False, False, set()

    async def check(self, context):
        try:
            async with asyncio.timeout(3):
                reader, writer = await asyncio.open_connection(self.host, self.port, ssl=context)
                writer.write(f"GET /readyz HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n\r\n".encode())
                ok = (await reader.readline()).split()[1:2] == [b"200"]
                writer.close()
        except (OSError, TimeoutError):
            ok = False
        self.good = min(self.good + 1, 2) if ok else max(self.good - 1, 0)
        self.well = self.good == 2 or (self.well and self.good > 0)


class Balancer:
    def __init__(self, host, port):
        self.address, self.targets, self.turn = (host, port), {}, 0
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE  # NLBs do not look at certificates either
        self.loop, begun = asyncio.new_event_loop(), threading.Event()
        threading.Thread(target=lambda: self.loop.run_until_complete(self.main(begun)), daemon=True).start()
        begun.wait()

    async def main(self, begun):
        server = await asyncio.start_server(self.serve, *self.address)
        self.address = server.sockets[0].getsockname()
        begun.set()
        async with server:
            while True:
                await asyncio.gather(*(t.check(self.context) for t in self.targets.values()))
                await asyncio.sleep(CHECK_S)

    def set(self, wanted):
        """What is registered: (host, port) -> whether it drains. What is no more in it loses its connections."""
        self.loop.call_soon_threadsafe(self.take, wanted)

    def take(self, wanted):
        for key in set(self.targets) - set(wanted):
            for writer in self.targets.pop(key).connections:
                writer.close()
        for key, draining in wanted.items():
            self.targets.setdefault(key, Target(*key)).draining = draining

    def well(self):
        """How many would be given a connection."""
        return sum(t.well and not t.draining for t in list(self.targets.values()))

    def choose(self):
        """Those that are well, one after the other; where none is, all: as NLBs do."""
        open_ = [t for t in self.targets.values() if not t.draining]
        able = [t for t in open_ if t.well] or open_
        self.turn += 1
        return able[self.turn % len(able)] if able else None

    async def serve(self, reader, writer):
        target = self.choose()
        try:
            there = target and await asyncio.wait_for(asyncio.open_connection(target.host, target.port), 5)
        except (OSError, TimeoutError):
            there = None
        if not there:
            writer.close()
            return
        target.connections.add(writer)
        try:
            await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))
        finally:
            target.connections.discard(writer)
            writer.close()
            there[1].close()


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()
