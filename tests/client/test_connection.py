"""Everything about HTTP except the calls: headers, secrets, connections, proxies."""

from __future__ import annotations

import gzip
import json
import logging
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme
from clockify_client import Client, Endpoint, Hosts, Request, Settings, UnreachableError
from clockify_client.trust import CERTIFICATES

from tests.client.stub import Reply, Seen, Stub, Tunnel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connect = Callable[..., Client]

LIST = Endpoint("/list")
SECRET = "secret-key"


def rows(client: Client) -> list[dict[str, Any]]:
    return list(client.rows(LIST, {}))


# -- who we are --------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "header"), [("api_key", "X-Api-Key"), ("addon_token", "X-Addon-Token")])
def test_exactly_one_header_holds_the_key(stub: Stub, connect: Connect, setting: str, header: str) -> None:
    rows(connect(**{"api_key": None, setting: SECRET}, user_agent="tap-clockify/1"))
    (seen,) = stub.seen
    assert seen.headers[header] == SECRET
    assert {"X-Api-Key", "X-Addon-Token", "Authorization"} & set(seen.headers) == {header}
    assert seen.headers["User-Agent"] == "tap-clockify/1"
    assert seen.headers["Accept"] == "application/json"
    assert "Content-Type" not in seen.headers


@pytest.mark.parametrize("keys", [{}, {"api_key": "", "addon_token": None}, {"api_key": "a", "addon_token": "b"}])
def test_both_keys_or_none_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="exactly one of api_key and addon_token must be set"):
        Settings(hosts=Hosts.of(), **keys)


@pytest.mark.parametrize("key", ["hidden\n", "hid den", "hidden\u2026", "hidden\tx"])
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValueError, match="holds a space, a line break") as refused:
        Settings(hosts=Hosts.of(), api_key=key)
    assert "hid" not in str(refused.value)


@pytest.mark.parametrize("setting", ["api_key", "addon_token"])
def test_no_repr_shows_the_key(connect: Connect, setting: str) -> None:
    client = connect(**{"api_key": None, setting: SECRET})
    for shown in (client.settings, client, client.statistics, client.throttle):
        assert SECRET not in repr(shown)
        assert SECRET not in str(shown)


def test_no_log_line_and_no_error_shows_key_or_values(
    stub: Stub, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.answers(Reply(500), Reply(429), Reply(how="reset"), Reply(400, {"code": 501, "message": "Ada is no tag"}))
    request = Request(method="GET", path="/tags/{tagId}", ids={"tagId": "t-77"}, params={"name": "Ada"}, reading=True)
    with pytest.raises(Exception, match=r"GET /tags/\{tagId\}: no such object in this workspace") as raised:
        connect().call(request)
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert text.count("GET /tags/{tagId}") == 3
    for value in (SECRET, "Ada", "t-77"):
        assert value not in text
        assert value not in str(raised.value) + repr(raised.value)
    assert SECRET not in caplog.text
    assert raised.value.__cause__ is None


# -- what is sent ------------------------------------------------------------------------------


def test_parameters_are_encoded_for_clockify(stub: Stub, client: Client) -> None:
    params = {"archived": True, "strict": False, "ids": ["a", "b"], "none": None, "name": "a&b ä"}
    client.call(Request(method="GET", path="/x", ids={}, params=params, reading=True))
    assert stub.seen[0].query == {"archived": ["true"], "strict": ["false"], "ids": ["a", "b"], "name": ["a&b ä"]}


def test_a_body_is_json_also_on_delete(stub: Stub, client: Client) -> None:
    client.call(Request(method="DELETE", path="/x", ids={}, json={"note": "ä", "n": 1.5}))
    (seen,) = stub.seen
    assert (seen.method, seen.json) == ("DELETE", {"note": "ä", "n": 1.5})
    assert seen.headers["Content-Type"] == "application/json"


def test_a_form_is_multipart(stub: Stub, client: Client) -> None:
    stub.answers(Reply(201, {"id": "e1"}))
    form = [("amount", "12.5"), ("tag", "a"), ("tag", "b"), ("file", ("bill.pdf", b"%PDF", "application/pdf"))]
    assert client.call(Request(method="POST", path="/expenses", ids={}, form=form)) == {"id": "e1"}
    (seen,) = stub.seen
    assert seen.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    for part in (
        b'name="amount"\r\n\r\n12.5\r\n',
        b'name="tag"\r\n\r\nb\r\n',
        b'name="file"; filename="bill.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n',
    ):
        assert part in seen.body


# -- connections -------------------------------------------------------------------------------


def test_connections_are_kept_and_shared_by_many_threads(stub: Stub, connect: Connect) -> None:
    workers, each = 32, 5
    together = threading.Barrier(workers)
    client = connect(max_workers=workers)
    stub.answers(Reply(200, [{"id": 1}], {"Set-Cookie": "route=1"}))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            together.wait(timeout=20)
            for _ in range(each):
                assert rows(client) == [{"id": 1}]
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert failures == []
    assert len(stub.seen) == client.statistics.requests == workers * each
    assert len({seen.connection for seen in stub.seen}) <= workers


def test_a_connection_survives_failures(stub: Stub, client: Client) -> None:
    stub.answers(Reply(500, b"<html>"), Reply(429), Reply(404, b""), Reply(200, b"[]"))
    with pytest.raises(Exception, match="no such workspace"):
        rows(client)
    rows(client)
    assert len({seen.connection for seen in stub.seen}) == 1


def test_no_cookie_is_kept(stub: Stub, client: Client) -> None:
    stub.answers(Reply(200, b"[]", {"Set-Cookie": "session=1; Path=/"}))
    rows(client)
    rows(client)
    assert all("Cookie" not in seen.headers for seen in stub.seen)


def test_compressed_answers_are_unpacked(stub: Stub, client: Client) -> None:
    stub.answers(Reply(200, gzip.compress(b'[{"id": 1}]'), {"Content-Encoding": "gzip"}))
    assert rows(client) == [{"id": 1}]
    assert "gzip" in stub.seen[0].headers["Accept-Encoding"]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_so_that_the_key_stays_here(stub: Stub, client: Client, status: int) -> None:
    elsewhere = Stub()
    try:
        for place in (f"{elsewhere.origin}/list", f"//127.0.0.1:{elsewhere.port}/list", "/elsewhere"):
            stub.answers(Reply(status, b"", {"Location": place}))
            with pytest.raises(Exception, match="check api_url"):
                rows(client)
            with pytest.raises(Exception, match="may have taken effect"):
                client.call(Request(method="POST", path="/x", ids={}, json={}))
        assert elsewhere.seen == []
        assert {seen.path for seen in stub.seen} == {"/api/v1/list", "/api/v1/x"}
    finally:
        elsewhere.close()


# -- the environment ---------------------------------------------------------------------------


def test_a_netrc_file_adds_no_authorization(
    stub: Stub, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password hidden\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert requests.utils.get_netrc_auth(stub.origin) == ("ada", "hidden"), "the file would be used"
    rows(connect())
    assert "Authorization" not in stub.seen[0].headers


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_used_and_never_sees_the_key(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, stub.origin)
    stub.answers(Reply(403, b"forbidden"))
    client = Client(Settings(hosts=Hosts.of(), api_key=SECRET, requests_per_second=1000))
    with pytest.raises(UnreachableError, match="no connection"):
        client.call(Request(method="POST", path="/workspaces", ids={}, json={}))  # sent again: it never got out
    assert [(seen.method, seen.target) for seen in stub.seen] == [("CONNECT", "api.clockify.me:443")] * 6
    assert all(SECRET not in str(seen) for seen in stub.seen)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_this_machine_is_reached_without_a_proxy(
    stub: Stub, connect: Connect, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    proxy = Stub()
    try:
        monkeypatch.setenv(variable, proxy.origin)
        rows(connect())
        assert len(stub.seen) == 1
        assert proxy.seen == []
    finally:
        proxy.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A private certificate authority, as companies have."""
    return trustme.CA()


@pytest.fixture
def certificate(authority: trustme.CA, tmp_path: Path) -> Path:
    """Its certificate, in a file."""
    path = tmp_path / "certificate.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def tls_stub(authority: trustme.CA) -> Iterator[Stub]:
    """A server with a certificate of that authority, for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = Stub(context)
    yield server
    server.close()


@pytest.fixture
def _no_certificates_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CERTIFICATES:
        monkeypatch.delenv(name, raising=False)


def _connect_to(server: Stub, host: str = "localhost") -> Client:
    hosts = Hosts.of(api_url=f"https://{host}:{server.port}/api/v1")
    return Client(Settings(hosts=hosts, api_key=SECRET, requests_per_second=1000))


_WRITE = Request(method="POST", path="/x", ids={}, json={})


@pytest.mark.usefixtures("_no_certificates_named")
def test_a_certificate_must_be_trusted_and_of_that_host(tls_stub: Stub, certificate: Path, monkeypatch: Any) -> None:
    def is_refused(host: str = "localhost") -> None:
        for request in (Request(method="GET", path="/x", ids={}, reading=True), _WRITE):
            client = _connect_to(tls_stub, host)
            with pytest.raises(UnreachableError, match="the certificate of the host is not trusted"):
                client.call(request)
            assert client.statistics.requests == 1, "trying again does not help"
        assert tls_stub.seen == []

    is_refused()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    is_refused("127.0.0.1")  # it is made out to localhost
    assert _connect_to(tls_stub).call(_WRITE) == []


@pytest.mark.usefixtures("_no_certificates_named")
@pytest.mark.parametrize("variable", CERTIFICATES)
def test_the_environment_names_certificate_authorities(
    tls_stub: Stub, certificate: Path, monkeypatch: Any, variable: str
) -> None:
    for place, says in ((certificate / "nowhere", "is not there"), (Path(__file__), "holds no certificates in PEM")):
        monkeypatch.setenv(variable, str(place))
        with pytest.raises(ValueError, match=f"{variable} names .*{says}"):
            _connect_to(tls_stub)
    monkeypatch.setenv(variable, str(certificate))
    assert _connect_to(tls_stub).call(_WRITE) == []
    assert tls_stub.seen[0].headers["X-Api-Key"] == SECRET


@pytest.mark.usefixtures("_no_certificates_named")
def test_behind_a_proxy_the_key_is_sent_only_to_the_host(tls_stub: Stub, certificate: Path, monkeypatch: Any) -> None:
    """A proxy that forwards everything sees only the host and encrypted data."""
    proxy = Tunnel()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("HTTPS_PROXY", f"http://ada:hidden@127.0.0.1:{proxy.port}")
    try:
        assert _connect_to(tls_stub).call(_WRITE) == []
        assert proxy.passed.startswith(b"CONNECT localhost:")
        assert SECRET.encode() not in proxy.passed
        assert tls_stub.seen[0].headers["X-Api-Key"] == SECRET
        assert "Proxy-Authorization" not in tls_stub.seen[0].headers, "nor does the host see what is the proxy's"
        before = len(proxy.passed)
        monkeypatch.setenv("NO_PROXY", "localhost")
        assert _connect_to(tls_stub).call(_WRITE) == []
        assert len(proxy.passed) == before
    finally:
        proxy.close()


def test_the_server_receives_what_was_sent(stub: Stub, client: Client) -> None:
    def echo(seen: Seen) -> Reply:
        return Reply(200, {"method": seen.method, "path": seen.path, "body": json.loads(seen.body)})

    stub.decides(echo)
    request = Request(method="PUT", path="/workspaces/{workspaceId}", ids={"workspaceId": "w1"}, json={"name": "x"})
    assert client.call(request) == {"method": "PUT", "path": "/api/v1/workspaces/w1", "body": {"name": "x"}}
