from __future__ import annotations

import gzip
import ipaddress
import random
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpcore
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nomoat.memory.errors import UsageError
from nomoat.tools.errors import Failed, Retry, ToolError
from nomoat.tools.guard.address import AllowedHost, is_public, parse_url
from nomoat.tools.guard.bounds import TooBig
from nomoat.tools.guard.manners import Manners, retry_after
from nomoat.tools.guard.net import Limits, Network

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A web server on loopback: path → what to do; it remembers what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.hosts: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.hosts.append(self.headers["Host"])
                answer = site.pages.get(self.path.split("?")[0], say("nothing", status=404))
                try:
                    answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def say(text: str | bytes, kind: str = "text/html", status: int = 200, **headers: str) -> Answer:
    body = text.encode() if isinstance(text, str) else text

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if kind:
            handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def go(where: str, status: int = 302) -> Answer:
    return say("", status=status, Location=where)


def one_after_another(*answers: Answer) -> Answer:
    left = list(answers)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


class Listener:
    """A socket on loopback that nobody may reach."""

    def __init__(self) -> None:
        self.sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port = self.sockets[0].getsockname()[1]
        with suppress(OSError):  # some machines have no IPv6 loopback
            self.sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for each in self.sockets:
            each.settimeout(0.05)

    def was_reached(self) -> bool:
        for each in self.sockets:
            try:
                each.accept()[0].close()
            except TimeoutError:
                continue
            return True
        return False


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    for each in listener.sockets:
        each.close()


def quick(site: Site | None = None, **options: object) -> Network:
    """A network without pauses, with the site opened."""
    options.setdefault("manners", Manners(delay=0))
    options.setdefault("sleep", lambda _seconds: None)
    allowed = [f"127.0.0.1:{site.port}"] if site else []
    return Network(allowed, **options)  # type: ignore[arg-type]


# addresses


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
        *("255.255.255.255", "168.63.129.16", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254"),
        *("ff02::1", "2001:db8::1", "3fff::1", "::127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
        *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2a00:1450::5efe:7f00:1", "5f00::1"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "64:ff9b::{}"]))
def test_ipv4_in_ipv6_is_judged_by_what_is_inside(
    address: ipaddress.IPv4Address, form: str
) -> None:
    assert is_public(ipaddress.ip_address(form.format(address))) == is_public(address)


ODD = [
    *("http://0xA9FEA9FE/", "http://2852039166/", "http://0251.0376.0251.0376/", "http://127.1/"),
    *("http://0x7f.0.0.1/", "http://127.0.0.0x1/", "http://1.2.3.4.5/", "http://0/"),
    *("http://a\x00.example.com/", "http://example.com%00.evil.test/", "http://a\tb.com/"),
    *("http://a.com\\@b.com/", "http://user:secret@example.com/", "http://@example.com/"),
    *("http://example.com@127.0.0.1/", "http://[fe80::1%25eth0]/", "http://a..b/"),
    *("http://-a.com/", "http:///path", "http://", "http://a_b-.com/", "http://ａ.com/"),
    *("http://１２７.0.0.1/", "http://a.com:99999/", "http://a.com:0/", "http://a.com:x/"),
    *("http://xn--/", "http://\u202eevil.test/", "http://a.com/\r\nHost: b.com"),
    *("file:///etc/passwd", "gopher://127.0.0.1/", "ftp://example.com/", "//example.com/"),
    *("javascript:alert(1)", "data:text/html,x", "unix:/run/docker.sock", "", "example.com"),
    "http://" + "a" * 300 + ".com/",
    "http://example.com/" + "a" * 5000,
]


@pytest.mark.parametrize("url", ODD)
def test_odd_addresses_are_refused_without_a_connection(url: str) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host} was resolved")

    with pytest.raises(Retry):
        Network(resolver=never).get(url)


_URL = st.one_of(
    st.text(max_size=60),
    st.text(max_size=40).map("http://{}/".format),
    st.from_regex(r"https?://[a-z0-9.:@\[\]%\\/#?_~-]{1,40}", fullmatch=True),
)


@given(_URL)
@example("http://127。0。0。1/")
@example("http://example.com.#@127.0.0.1")
def test_parsing_is_total_strict_and_stable(text: str) -> None:
    """What was parsed parses to itself again: nothing downstream can read another host."""
    try:
        target = parse_url(text)
    except ToolError:
        return
    assert parse_url(target.url) == target
    assert target.host.isascii()
    assert not set(target.host) & set("/\\@?#%[] \x00")
    assert all(target.host.strip(".").split(".")) or ":" in target.host
    assert target.literal is not None or not target.host.split(".")[-1].isdecimal()


def test_names_become_ascii_and_lose_case_dot_and_fragment() -> None:
    target = parse_url("HTTP://BÜCHER.Example.:80/a?b#c")
    assert target.url == "http://xn--bcher-kva.example/a?b"
    assert (target.host, target.port) == ("xn--bcher-kva.example", 80)


@pytest.mark.parametrize(
    ("text", "host", "ports"),
    [
        ("localhost:8080", "localhost", (8080,)),
        ("localhost:80", "localhost", (80,)),
        ("NAS.local", "nas.local", (80, 443)),
        ("192.168.1.4", "192.168.1.4", (80, 443)),
        ("[::1]:8080", "::1", (8080,)),
    ],
)
def test_allowed_hosts(text: str, host: str, ports: tuple[int, ...]) -> None:
    assert AllowedHost.parse(text) == AllowedHost(host, ports)


@pytest.mark.parametrize("text", ["", "*", "a/b", "u@h", "http://a", "10.0.0.0/8", "a:b", "::1"])
def test_what_is_no_allowed_host(text: str) -> None:
    with pytest.raises(UsageError):
        Network([text])


# where connections go


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.2"),
        *("[::]", "[::ffff:7f00:1]", "[64:ff9b::127.0.0.1]", "[::127.0.0.1]"),
    ],
)
def test_loopback_in_every_spelling_sees_no_connection(listener: Listener, host: str) -> None:
    with pytest.raises(Failed, match=r"public internet|cannot be reached"):
        quick().get(f"http://{host}:{listener.port}/")
    assert not listener.was_reached()


@pytest.mark.parametrize("host", ["[::ffff:169.254.169.254]", "169.254.169.254", "10.0.0.1"])
def test_metadata_and_private_addresses_are_refused(host: str) -> None:
    network = quick()
    with pytest.raises(Failed, match="not on the public internet") as refused:
        network.get(f"http://{host}/latest/meta-data/")
    assert "--allow-host" in refused.value.hint
    assert network.contacts == []


def test_a_resolver_that_flips_after_the_check_wins_nothing(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: what is connected to is the address that was checked, never a second answer."""
    connected: list[str] = []

    def record(self: object, host: str, *rest: object) -> httpcore.NetworkStream:
        connected.append(host)
        raise httpcore.ConnectError("recorded, not connected")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", record)
    answers = iter([["93.184.216.34"], *[["127.0.0.1"]] * 20])
    network = quick(resolver=lambda host, port: next(answers))
    with pytest.raises(Failed, match="not on the public internet"):
        network.get(f"http://rebind.example:{listener.port}/")
    assert connected == ["93.184.216.34"]
    assert not listener.was_reached()


def test_the_name_is_resolved_once_for_each_connection(site: Site) -> None:
    site.pages["/a"] = say("hello")
    asked: list[str] = []

    def once(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    network = Network(
        [f"site.example:{site.port}"], resolver=once, manners=Manners(delay=0), sleep=time.sleep
    )
    fetched = network.get(f"http://site.example:{site.port}/a", robots=False)
    assert fetched.body == b"hello"
    assert asked == ["site.example"]
    assert site.hosts == [f"site.example:{site.port}"]
    assert [(c.host, c.address) for c in network.contacts] == [("site.example", "127.0.0.1")]


def test_one_private_address_among_public_ones_refuses_the_host(listener: Listener) -> None:
    network = quick(resolver=lambda host, port: ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(Failed, match="not on the public internet"):
        network.get(f"http://mixed.example:{listener.port}/")
    assert network.contacts == []
    assert not listener.was_reached()


@pytest.mark.parametrize(
    "where",
    [
        *("http://127.0.0.1:{port}/", "http://localhost:{port}/", "//127.0.0.1:{port}/"),
        *("http://[::1]:{port}/", "http://2130706433:{port}/", "http://0x7f000001:{port}/"),
        *("file:///etc/passwd", "gopher://127.0.0.1:{port}/", "http://u@127.0.0.1:{port}/"),
        *("http://[::ffff:127.0.0.1]:{port}/", "http://0.0.0.0:{port}/"),
    ],
)
def test_a_redirect_to_a_private_address_is_not_followed(
    site: Site, listener: Listener, where: str
) -> None:
    site.pages["/go"] = go(where.format(port=listener.port))
    with pytest.raises(Failed):
        quick(site).get(f"{site.url}/go")
    assert not listener.was_reached()


def test_a_robots_file_that_redirects_to_a_private_address_is_not_followed(
    site: Site, listener: Listener
) -> None:
    site.pages["/robots.txt"] = go(f"http://127.0.0.1:{listener.port}/")
    with pytest.raises(Failed, match="not on the public internet"):
        quick(site).get(f"{site.url}/a")
    assert not listener.was_reached()


def test_an_allowed_host_is_exactly_that_host_and_port(site: Site, listener: Listener) -> None:
    site.pages["/"] = say("hello")
    network = quick(site)
    assert network.get(f"{site.url}/").text == "hello"
    for other in (f"http://localhost:{site.port}/", f"http://127.0.0.1:{listener.port}/"):
        with pytest.raises(Failed, match="not on the public internet"):
            network.get(other)
    assert not listener.was_reached()


def test_an_allowed_host_without_a_port_is_not_open_on_others(listener: Listener) -> None:
    with pytest.raises(Failed, match="not on the public internet"):
        Network(["127.0.0.1"]).get(f"http://127.0.0.1:{listener.port}/")
    assert not listener.was_reached()


def test_opened_for_opens_one_more_and_leaves_the_first_closed(site: Site) -> None:
    site.pages["/"] = say("hello")
    network = quick()
    assert network.opened_for(site.url).get(f"{site.url}/").text == "hello"
    assert network.contacts
    with pytest.raises(Failed):
        network.get(f"{site.url}/")


@pytest.mark.parametrize("port", [22, 25, 6379, 5432, 11211, 2375])
def test_ports_of_other_protocols_are_refused(port: int) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError

    with pytest.raises(Failed, match="not a web port"):
        Network(resolver=never).get(f"http://example.com:{port}/")


def test_proxies_of_the_environment_are_ignored(
    site: Site, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
    site.pages["/"] = say("hello")
    assert quick(site).get(f"{site.url}/").text == "hello"
    with pytest.raises(Failed):
        quick().get(f"{site.url}/")
    assert not listener.was_reached()


def test_a_name_without_an_address_says_so() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Failed, match=r"gone\.example cannot be reached"):
        quick(resolver=unknown).get("http://gone.example/")


# what an answer may cost


def test_redirects_are_followed_and_bounded(site: Site) -> None:
    site.pages["/0"] = go("1")
    site.pages["/1"] = go("/2", status=308)
    site.pages["/2"] = say("there")
    site.pages["/loop"] = go("/loop")
    network = quick(site)
    fetched = network.get(f"{site.url}/0")
    assert (fetched.url, fetched.text) == (f"{site.url}/2", "there")
    with pytest.raises(Failed, match="without end"):
        network.get(f"{site.url}/loop")
    assert site.asked.count("/loop") == 6


def test_a_large_page_is_cut_off(site: Site) -> None:
    sent = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x" * 100_000)
            sent.append(1)

    site.pages["/announced"] = say(b"x" * 2_000_000)
    site.pages["/endless"] = endless
    network = quick(site, limits=Limits(max_bytes=1_000_000))
    for path in ("/announced", "/endless"):
        with pytest.raises(TooBig, match="1 MB"):
            network.get(site.url + path)
    assert network.contacts[-1].bytes_received < 1_400_000


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_decompression_bomb_is_cut_off(
    site: Site, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    site.pages["/small"] = say(pack(b"hello"), Content_Encoding=encoding)
    site.pages["/bomb"] = say(pack(b"\0" * 20_000_000), Content_Encoding=encoding)
    network = quick(site)
    assert network.get(f"{site.url}/small").body == b"hello"
    with pytest.raises(TooBig):
        network.get(f"{site.url}/bomb")


def test_other_compressions_and_damage_are_refused(site: Site) -> None:
    site.pages["/br"] = say(b"xx", Content_Encoding="br")
    site.pages["/twice"] = say(b"xx", Content_Encoding="gzip, gzip")
    site.pages["/damaged"] = say(b"no gzip", Content_Encoding="gzip")
    for path in ("/br", "/twice", "/damaged"):
        with pytest.raises(Failed, match=r"compressed as|damaged"):
            quick(site).get(site.url + path)


def test_the_time_limit_is_for_the_whole_page(site: Site) -> None:
    """A server that sends a byte now and then never runs into a read timeout."""

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    site.pages["/trickle"] = trickle
    started = time.monotonic()
    with pytest.raises(Failed, match=r"0\.5 seconds|in time"):
        quick(site, limits=Limits(seconds=0.5)).get(f"{site.url}/trickle")
    assert time.monotonic() - started < 2


def test_a_resolver_that_hangs_is_left_behind() -> None:
    gate = threading.Event()

    def hanging(host: str, port: int) -> list[str]:
        gate.wait(10)
        return ["93.184.216.34"]

    with pytest.raises(Failed, match="in time"):
        quick(resolver=hanging, limits=Limits(seconds=0.2)).get("http://slow.example/")
    gate.set()


# what an answer means


@pytest.mark.parametrize(
    ("status", "error"), [(404, Retry), (410, Retry), (403, Failed), (500, Failed), (302, Failed)]
)
def test_statuses_say_what_to_do(site: Site, status: int, error: type[ToolError]) -> None:
    site.pages["/"] = say("x", status=status)
    with pytest.raises(error, match=str(status)) as raised:
        quick(site).get(f"{site.url}/")
    assert raised.value.hint


def test_busy_hosts_are_asked_again_as_they_wish(site: Site) -> None:
    site.pages["/"] = one_after_another(
        say("", status=503, Retry_After="7"), say("", status=502), say("at last")
    )
    slept: list[float] = []
    assert quick(site, sleep=slept.append).get(f"{site.url}/").text == "at last"
    assert slept[0] == 7
    assert 0 <= slept[1] < 5


def test_a_host_that_stays_busy_is_given_up(site: Site) -> None:
    site.pages["/"] = say("", status=503)
    with pytest.raises(Failed, match="too busy"):
        quick(site).get(f"{site.url}/")
    assert site.asked.count("/") == 3


def test_a_long_retry_after_is_not_waited_for(site: Site) -> None:
    site.pages["/"] = say("", status=429, Retry_After="3600")
    with pytest.raises(Failed, match="3600 seconds"):
        quick(site).get(f"{site.url}/")
    assert site.asked.count("/") == 1


def test_a_dropped_connection_is_tried_again(site: Site) -> None:
    def drop(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True

    site.pages["/"] = one_after_another(drop, say("fine"))
    assert quick(site).get(f"{site.url}/").text == "fine"


def test_text_is_decoded_as_declared_or_as_it_looks(site: Site) -> None:
    site.pages["/declared"] = say("Zürich".encode("latin-1"), "text/html; charset=iso-8859-1")
    site.pages["/utf8"] = say("Zürich")
    site.pages["/wrong"] = say("Zürich", "text/html; charset=no-such-thing")
    for path in site.pages:
        assert quick(site).get(site.url + path).text == "Zürich"


# politeness


def test_robots_txt_is_read_once_and_obeyed(site: Site) -> None:
    site.pages["/robots.txt"] = say("User-agent: *\nDisallow: /private", "text/plain")
    site.pages["/a"] = site.pages["/private/b"] = say("hello")
    network = quick(site)
    network.get(f"{site.url}/a")
    with pytest.raises(Failed, match=r"robots\.txt"):
        network.get(f"{site.url}/private/b")
    assert site.asked == ["/robots.txt", "/a"]
    assert network.get(f"{site.url}/private/b", robots=False).text == "hello"


def test_robots_txt_can_name_this_program(site: Site) -> None:
    site.pages["/robots.txt"] = say("User-agent: nomoat\nDisallow: /", "text/plain")
    with pytest.raises(Failed, match=r"robots\.txt"):
        quick(site).get(f"{site.url}/a")


def test_a_broken_robots_txt_closes_the_host_and_a_missing_one_opens_it(site: Site) -> None:
    site.pages["/a"] = say("hello")
    assert quick(site).get(f"{site.url}/a").text == "hello"
    site.pages["/robots.txt"] = say("", status=500)
    with pytest.raises(Failed, match=r"robots\.txt"):
        quick(site).get(f"{site.url}/a")


def test_requests_to_one_host_are_spread_out() -> None:
    now = 100.0
    manners = Manners(delay=0.5, clock=lambda: now)
    here, there = parse_url("http://a.example/"), parse_url("http://b.example/")
    assert [manners.pause(here), manners.pause(here), manners.pause(there)] == [0, 0.5, 0]
    manners.learn(there, 200, "User-agent: *\nCrawl-delay: 3")
    manners.pause(there)
    assert manners.pause(there) == 3.5
    now = 200.0
    assert manners.pause(here) == 0


@given(st.text(max_size=40))
def test_retry_after_is_total(value: str) -> None:
    assert retry_after(value) >= 0


def test_retry_after_reads_dates() -> None:
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("Wed, 21 Oct 2099 07:28:00 GMT") > 1e6
    assert retry_after(" 120 ") == 120


def test_contacts_count_bytes(site: Site) -> None:
    size = random.randint(10_000, 50_000)
    site.pages["/"] = say(b"x" * size)
    network = quick(site)
    network.get(f"{site.url}/", robots=False)
    (contact,) = network.contacts
    assert size < contact.bytes_received < size + 1000
    assert 50 < contact.bytes_sent < 1000
