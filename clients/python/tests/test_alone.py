"""What needs no services."""

import hashlib
import http.server
import struct
import threading
import unittest
from types import SimpleNamespace

import fathom
import numpy as np
from fathom import connection, operations, safetensors, transfer
from fathom.contracts import ErrorInfo, RetryInfo, Status
from fathom.errors import error_of_status


class Addresses(unittest.TestCase):
    def test_targets(self):
        for address, target in {
            "activation:7301": ("activation:7301", False),
            "dns:///localhost:7301": ("localhost:7301", True),
            "unix:/run/a,b": ("unix:/run/a,b", True),
            "127.0.0.1:1,localhost:2": ("ipv4:127.0.0.1:1,127.0.0.1:2", True),
            "[::1]:1,[fd00::2]:2": ("ipv6:[::1]:1,[fd00::2]:2", False),
        }.items():
            self.assertEqual(connection.target_of(address), target)
        for address in ("a:1,b:2", "127.0.0.1:1,[::1]:2", "127.0.0.1:1,", "a", "a:65536", ""):
            with self.assertRaises(fathom.InputError) as raised:
                connection.target_of(address)
            self.assertEqual((raised.exception.field, raised.exception.value), ("address", address))

    def test_places(self):
        self.assertEqual(connection.addresses_of("gpu-3")["study"], "gpu-3:7306")
        self.assertEqual(connection.addresses_of("gpu-3:1")["study"], "gpu-3:1")
        self.assertEqual(connection.addresses_of({"study": "a:1"})["complexity"], "127.0.0.1:7303")
        with self.assertRaises(fathom.InputError) as raised:
            connection.addresses_of({"studdy": "a:1"})
        self.assertEqual(raised.exception.value, "studdy")

    def test_a_token_is_not_sent_where_others_can_read_it(self):
        with self.assertRaises(fathom.InputError) as raised:
            fathom.connect("activation:7301", token="t")
        self.assertEqual(raised.exception.field, "tls")
        with self.assertRaises(fathom.InputError) as raised:
            fathom.connect("activation:7301", tls=fathom.Tls(ca="/nowhere"))
        self.assertEqual((raised.exception.field, raised.exception.value), ("tls.ca", "/nowhere"))
        with self.assertRaises(fathom.InputError) as raised:
            fathom.connect("activation:7301", tls=fathom.Tls(certificate="c"))
        self.assertEqual(raised.exception.field, "tls")

    def test_an_address_where_nobody_listens(self):
        with fathom.connect("127.0.0.1:1", patience=0) as services:
            with self.assertRaises(fathom.FathomError) as raised:
                services.describe("sha256:" + "0" * 64)
            self.assertEqual(raised.exception.reason, "UNAVAILABLE")
            self.assertIn("127.0.0.1:1: cannot be reached", str(raised.exception))


class Files(unittest.TestCase):
    def test_arrays_come_back(self):
        arrays = {
            "a": np.arange(6, dtype=np.float32).reshape(2, 3),
            "b": np.array([True, False]),
            "c": np.array(3, dtype=np.int64),
            "d": np.arange(4, dtype=">f8")[::2],
            "e": np.zeros((0, 2), np.float16),
        }
        for name, array in safetensors.decode(safetensors.encode(arrays)).items():
            np.testing.assert_array_equal(array, arrays[name])
            self.assertEqual(array.shape, arrays[name].shape)
        with self.assertRaises(fathom.InputError) as raised:
            safetensors.encode({"f": np.array([1j])})
        self.assertEqual((raised.exception.field, raised.exception.value), ("f", "complex128"))

    def test_bf16_is_float32(self):
        array = safetensors.array_of("BF16", (2,), struct.pack("<2H", 0x3F80, 0xC000))
        self.assertEqual((array.dtype, array.tolist()), (np.float32, [1.0, -2.0]))


class Transfers(unittest.TestCase):
    """What arrives is checked: bits that changed on their way are not handed on."""

    GOOD = np.arange(8, dtype="<f4").tobytes()
    DAMAGED = GOOD[:-1] + b"\1"

    def fetched(self, *answers):
        left = list(answers)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, content = left.pop(0) if len(left) > 1 else left[0]
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                url = f"http://127.0.0.1:{server.server_port}/"
                return transfer.fetch(SimpleNamespace(url=url, sha256=hashlib.sha256(self.GOOD).hexdigest(), size_bytes=32), 10)
            finally:
                server.shutdown()

    def test_a_shard_that_arrives_damaged_is_fetched_again(self):
        self.assertEqual(self.fetched((200, self.DAMAGED), (503, b""), (200, self.GOOD[:9]), (200, self.GOOD)), self.GOOD)
        for answer, reason in (((200, self.DAMAGED), "CORRUPT_DATA"), ((403, b""), "UNAVAILABLE")):
            with self.assertRaises(fathom.FathomError) as raised:
                self.fetched(answer)
            self.assertEqual(raised.exception.reason, reason)

    def test_a_stream_that_is_damaged_or_breaks_off_is_refused(self):
        info = SimpleNamespace(dtype="F32", shape=[2, 4])
        end = hashlib.sha256(self.GOOD).hexdigest()

        def pieces(*parts):
            return [SimpleNamespace(tensor=info, data=data, sha256=sha256) for data, sha256 in parts]

        with fathom.connect("127.0.0.1:1", patience=0) as services:
            services.artifacts = SimpleNamespace(ReadTensor=lambda **_: pieces((b"", ""), (self.GOOD[:7], ""), (self.GOOD[7:], end)))
            self.assertEqual(services.tensor("sha256:0", "x").tolist(), [[0, 1, 2, 3], [4, 5, 6, 7]])
            for wrong in ([(self.DAMAGED, end)], [(self.GOOD[:16], end)], [(self.GOOD, "")], []):
                services.artifacts = SimpleNamespace(ReadTensor=lambda **_: pieces(*wrong))
                with self.assertRaises(fathom.FathomError) as raised:
                    services.tensor("sha256:0", "x")
                self.assertEqual(raised.exception.reason, "CORRUPT_DATA")


class Errors(unittest.TestCase):
    def status(self, reason, metadata, seconds=None):
        status = Status(code=8, message="the sentence")
        details = [("ErrorInfo", ErrorInfo(reason=reason, domain="fathom", metadata=metadata))]
        if seconds is not None:
            retry = RetryInfo()
            retry.retry_delay.seconds, retry.retry_delay.nanos = int(seconds), int(seconds % 1 * 1e9)
            details.append(("RetryInfo", retry))
        for name, detail in details:
            status.details.add(type_url=f"type.googleapis.com/google.rpc.{name}", value=detail.SerializeToString())
        return error_of_status(status)

    def test_a_status_is_an_error(self):
        error = self.status("INVALID_INPUT", {"field": "f", "value": "v", "accepted": "a"})
        self.assertEqual((type(error), error.field, error.value, error.accepted, str(error)), (fathom.InputError, "f", "v", "a", "the sentence"))
        self.assertEqual(self.status("RESOURCE_EXHAUSTED", {}, 7.5).retry_after, 7.5)

    def test_a_busy_service_is_waited_for_as_it_says(self):
        waits = []
        operations.time.sleep, sleep = waits.append, operations.time.sleep
        try:
            patience = operations.Patience(0.5)
            for _ in range(20):
                patience.spend(self.status("RESOURCE_EXHAUSTED", {}, 7))
            self.assertEqual(waits, [7.0] * 20)
            patience.renew()
            del waits[:]
            with self.assertRaises(fathom.FathomError):
                while True:
                    patience.spend(self.status("UNAVAILABLE", {}))
            self.assertEqual(waits, [0.2, 0.4])
            with self.assertRaises(fathom.FathomError):
                operations.Patience(60).spend(self.status("NOT_FOUND", {}))
        finally:
            operations.time.sleep = sleep


if __name__ == "__main__":
    unittest.main()
