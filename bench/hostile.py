"""Clients for hostile.sh: `attack` misbehaves on purpose, `measure` sends requests like a reader.

Only loopback addresses are accepted, and both stop after their time.
"""

import argparse
import asyncio
import collections
import ipaddress
import itertools
import resource
import signal
import socket
import sys
import time

# How long a reader waits for a response, in seconds.
PATIENCE = 10
# How long a bad client waits before it connects again, in seconds.
PAUSE = 0.5
# Maximum size of one bomb, in bytes.
MAX_BOMB = 10_000_000

sent = collections.Counter()


async def connect(host, port, receive_buffer=None):
    stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    stream.setblocking(False)
    if receive_buffer:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    try:
        await asyncio.get_running_loop().sock_connect(stream, (host, port))
    except BaseException:
        stream.close()
        raise
    return stream


async def send(stream, data):
    await asyncio.get_running_loop().sock_sendall(stream, data)


async def receive(stream, size=65536):
    return await asyncio.get_running_loop().sock_recv(stream, size)


async def drip(host, port):
    """Sends the head of a request, one line per second."""
    stream = await connect(host, port)
    try:
        await send(stream, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        for number in itertools.count():
            await asyncio.sleep(1)
            await send(stream, b"X-%d: a\r\n" % number)
    finally:
        stream.close()


async def silent(host, port):
    """Connects and sends nothing."""
    stream = await connect(host, port)
    try:
        await receive(stream)
    finally:
        stream.close()


async def deaf(host, port):
    """Sends many requests and reads no response."""
    stream = await connect(host, port, receive_buffer=4096)
    paths = [b"/", b"/feed.xml", b"/api/v1/stories/?limit=100", b"/archive/"]
    asked = b"".join(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path for path in paths)
    try:
        await send(stream, asked * 20)
        await asyncio.sleep(3600)
    finally:
        stream.close()


def head(start, *fields):
    return "\r\n".join([start, "Host: 127.0.0.1", *fields, "", ""]).encode()


def bombs():
    """Each bomb: a beginning, then a part that is repeated up to MAX_BOMB bytes or until the server closes."""
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    ranges = "Range: bytes=" + ",".join(f"{at}-{at}" for at in range(1500))
    large = f"Content-Length: {MAX_BOMB}"
    return {
        "a large push": (head("POST /websub/nonexistent HTTP/1.1", large), b"x" * 65536),
        "a push that only announces": (head("POST /websub/nonexistent HTTP/1.1", large), b""),
        "an endless body": (head("POST / HTTP/1.1", "Transfer-Encoding: chunked"), chunk),
        "a GET with a body": (head("GET / HTTP/1.1", large), b"x" * 65536),
        "a large ping": (head("POST /beacon/00/ HTTP/1.1", large), b"x" * 65536),
        "a long query": (head(f"GET /search/?q={'x' * 60000} HTTP/1.1"), b""),
        "an endless head": (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X-A: " + b"b" * 1000 + b"\r\n"),
        "many fields": (head("GET / HTTP/1.1", *(f"X-{at}: a" for at in range(1000))), b""),
        "many ranges": (head("GET /style.css HTTP/1.1", ranges), b""),
        "many codings": (head("GET / HTTP/1.1", "Accept-Encoding: " + ", ".join(["br;q=0.1"] * 1000)), b""),
        "many requests at once": (head("GET /api/v1/stories/?limit=100 HTTP/1.1") * 200, b""),
        "searches": (b"".join(head(f"GET /search/?q=a{at}+b HTTP/1.1") for at in range(20)), b""),
        "two hosts": (head("GET / HTTP/1.1", "Host: other.example"), b""),
        "noise": (bytes(range(256)) * 100, b""),
    }


async def bomb(host, port, beginning, repeated):
    stream = await connect(host, port)
    try:
        await send(stream, beginning)
        for _ in range(MAX_BOMB // max(len(repeated), 1) if repeated else 0):
            await send(stream, repeated)
        # Reads what the server sends, for two seconds at most.
        async with asyncio.timeout(2):
            while await receive(stream):
                pass
    finally:
        stream.close()


async def again(name, act, *arguments):
    """Connects again whenever the server disconnects it."""
    while True:
        try:
            sent[name] += 1
            await act(*arguments)
        except (OSError, TimeoutError):
            pass
        await asyncio.sleep(PAUSE)


async def attack(host, port, options):
    slow = itertools.cycle([("drips", drip), ("silent", silent), ("reads nothing", deaf)])
    tasks = [asyncio.create_task(again(name, act, host, port)) for name, act in itertools.islice(slow, options.slow)]
    kinds = itertools.cycle(bombs().items())
    for name, (beginning, repeated) in itertools.islice(kinds, options.bombs):
        tasks.append(asyncio.create_task(again(name, bomb, host, port, beginning, repeated)))
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    await asyncio.sleep(2)
    print("ready", flush=True)
    try:
        await asyncio.wait_for(over.wait(), options.seconds)
    except TimeoutError:
        pass
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print("sent", ", ".join(f"{name} {count}" for name, count in sent.items()), flush=True)


async def ask(host, port, path):
    """How many seconds a response took; None if it failed."""
    start = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            stream = await connect(host, port)
            try:
                await send(stream, head(f"GET {path} HTTP/1.1", "Connection: close"))
                answer = b""
                while part := await receive(stream):
                    answer += part
            finally:
                stream.close()
    except (OSError, TimeoutError):
        return None
    return time.perf_counter() - start if answer.startswith(b"HTTP/1.1 200 ") else None


async def measure(host, port, options):
    paths = ["/", "/healthz"]
    tasks = {path: [] for path in paths}
    start = time.perf_counter()
    for number in range(options.seconds * options.rate):
        # Each request has its own time, whatever happened to earlier ones.
        await asyncio.sleep(max(0, start + number / options.rate - time.perf_counter()))
        for path in paths:
            tasks[path].append(asyncio.create_task(ask(host, port, path)))
    is_good = True
    for path in paths:
        times = await asyncio.gather(*tasks[path])
        good = sorted(1000 * seconds for seconds in times if seconds is not None)
        failed = len(times) - len(good)
        at = lambda share: good[min(len(good) - 1, int(share * len(good)))] if good else float("nan")
        print(f"| {options.name} | `{path}` | {len(times)} | {failed} | {at(0.5):.1f} ms | {at(0.99):.1f} ms | {at(1):.1f} ms |")
        is_late = options.p99_ms > 0 and not at(0.99) <= options.p99_ms
        is_good = is_good and failed == 0 and not is_late
    return is_good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["attack", "measure"])
    parser.add_argument("address", help="127.0.0.1:PORT")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--slow", type=int, default=1000)
    parser.add_argument("--bombs", type=int, default=50)
    parser.add_argument("--name", default="")
    parser.add_argument("--rate", type=int, default=20)
    parser.add_argument("--p99-ms", type=float, default=0)
    options = parser.parse_args()
    host, port = options.address.rsplit(":", 1)
    if not ipaddress.ip_address(host).is_loopback:
        sys.exit("the address must be a loopback address")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = options.slow + options.bombs + 200
    if most != resource.RLIM_INFINITY and wanted > most:
        sys.exit(f"{wanted} file descriptors are needed, but the hard limit is {most}; raise it with `ulimit -Hn`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    act = attack if options.what == "attack" else measure
    if asyncio.run(act(host, int(port), options)) is False:
        sys.exit(1)


main()
