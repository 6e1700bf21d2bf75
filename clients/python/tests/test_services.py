"""The client against real services: FATHOM_ADDRESS, with material and what another client found in FATHOM_KNOWN."""

import io
import json
import os
import pathlib
import unittest

import fathom
import numpy as np
from fathom import contracts, operations, safetensors, transfer
from fathom.progress import ProgressBar

KNOWN = pathlib.Path(os.environ.get("FATHOM_KNOWN", "."))
ROWS = 1500


@unittest.skipUnless("FATHOM_ADDRESS" in os.environ, "needs services")
class Services(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.services = fathom.connect(os.environ["FATHOM_ADDRESS"])
        cls.known = json.loads((KNOWN / "known.json").read_text())
        cls.layers = safetensors.decode((KNOWN / "layers.safetensors").read_bytes())
        cls.codes = safetensors.decode((KNOWN / "codes.safetensors").read_bytes())["z"]

    @classmethod
    def tearDownClass(cls):
        cls.services.close()

    def test_arrays_in_scores_out(self):
        scores = self.services.scores({name: self.layers[name] for name in ("early", "late")}, self.codes)
        self.assertEqual(scores["k_std"].tolist(), self.known["k_std"])
        self.assertEqual(scores.artifact, self.known["artifact"])

    def test_scores_are_a_table(self):
        scores = self.services.table(self.known["artifact"])
        self.assertEqual((scores.features, scores["r2"].shape, scores.attributes["layers"]), (3, (3, 2), ["early", "late"]))
        self.assertEqual(scores.rows()[1]["k_std"], self.known["k_std"][1])
        self.assertEqual(scores.rows()[1]["feature"], 1)
        table = scores.to_numpy()
        self.assertEqual(table.shape, (3,))
        np.testing.assert_array_equal(table["k_std"], scores["k_std"])
        self.assertNotIn("r2", table.dtype.names)
        self.assertIn("r2", scores)
        self.assertIn("complexity of 3 features", repr(scores))
        with self.assertRaises(fathom.InputError) as raised:
            self.services.table(self.known["activations"])
        self.assertEqual(raised.exception.value, "activations")

    def test_rows_are_the_same_through_the_service_and_from_the_store(self):
        late = self.layers["late"]
        for first, count in [(0, None), (1000, 100), (1020, 10), (1499, None), (ROWS, None)]:
            for via in ("stream", "download"):
                rows = self.services.tensor(self.known["activations"], "late", first, count, via)
                self.assertEqual(rows.dtype, np.float32)
                np.testing.assert_array_equal(rows, late[first : None if count is None else first + count])

    def test_wrong_input_names_field_value_and_accepted(self):
        for via in ("stream", "download"):
            with self.assertRaises(fathom.InputError) as raised:
                self.services.tensor(self.known["activations"], "none", via=via)
            self.assertEqual((raised.exception.value, raised.exception.accepted), ("none", "early, late"))
            with self.assertRaises(fathom.InputError):
                self.services.tensor(self.known["activations"], "late", first=1, count=ROWS, via=via)
        with self.assertRaises(ValueError) as raised:
            self.services.scores(self.known["activations"], self.known["activations"], probe={"folds": 2})
        self.assertEqual((raised.exception.field, raised.exception.value), ("probe.folds", "2"))
        with self.assertRaises(fathom.InputError) as raised:
            self.services.scores({"early": np.ones((3, 2), int)}, self.codes)
        self.assertEqual((raised.exception.field, raised.exception.value), ("early", "int64 [3, 2]"))
        with self.assertRaises(fathom.InputError) as raised:
            self.services.complexity.StartMeasure(activation={})
        self.assertIn("activations, layers, codes, probe", raised.exception.accepted)
        with self.assertRaises(fathom.FathomError) as raised:
            self.services.describe("sha256:" + "0" * 64)
        self.assertEqual(raised.exception.reason, "NOT_FOUND")
        for field, parameters in {"first": {"first": -1}, "count": {"count": 0}, "via": {"via": "post"}}.items():
            with self.assertRaises(fathom.InputError) as raised:
                self.services.tensor(self.known["activations"], "late", **parameters)
            self.assertEqual(raised.exception.field, field)

    def test_an_operation_raises_what_it_fails_with(self):
        other = self.services.upload_codes(self.codes, images="others")
        with self.assertRaises(fathom.InputError) as raised:
            self.services.scores(self.known["activations"], other)
        self.assertEqual(raised.exception.field, "codes")

    def test_networks_and_images_are_uploaded_and_run(self):
        images = np.frombuffer(pathlib.Path(self.known["images"]).read_bytes()[16:], np.uint8).reshape(-1, 28, 28)
        labels = np.frombuffer(pathlib.Path(self.known["labels"]).read_bytes()[8:], np.uint8)
        preprocessing = {"width": 28, "height": 28, "channel_order": "CHANNEL_ORDER_GRAY", "scale": 1 / 255, "mean": [0.286], "standard_deviation": [0.353]}
        model = self.services.upload_network(self.known["network"], preprocessing)
        kept = self.services.upload_images(images, labels)
        activations = self.services.run("activation", "StartExtract", model=model, images=kept, rows={"count": 40})
        np.testing.assert_array_equal(self.services.tensor(activations, "labels"), labels[:40])
        self.assertEqual(self.services.describe(activations).attributes["rows"], {"first": 0, "count": 40})
        dictionary = self.services.run("dictionary", "StartFit", activations=activations, global_nmf={"atoms": 3}, seed=0)
        codes = self.services.run("dictionary", "StartEncode", dictionary=dictionary, activations=activations)
        scores = self.services.scores(activations, codes, probe={"folds": 3, "without_published": True})
        self.assertEqual((scores.features, "k_published" in scores), (3, False))
        importance = self.services.run(
            "importance", "StartMeasure", model=model, activations=activations, dictionary=dictionary, codes=codes
        )
        self.assertEqual(self.services.table(importance, via="download")["importance"].shape, (3,))

    def test_an_upload_goes_on_where_it_was_left(self):
        files = {"a": b"a" * 100, "b": safetensors.encode({"z": np.ones((2, 1), np.float32)})}
        begun = self.services.uploads.CreateUpload(files=[transfer.describe(name, content) for name, content in files.items()])
        asked = []

        def create_upload(**fields):
            asked.append(self.services.uploads.CreateUpload(**fields))
            return asked[-1]

        self.assertEqual(transfer.put_files(create_upload, files, operations.Patience(10), 60), begun.upload)
        self.assertEqual(transfer.put_files(create_upload, files, operations.Patience(10), 60), begun.upload)
        self.assertEqual([len(each.targets) for each in asked], [2, 0, 0])
        self.services.uploads.DeleteUpload(upload=begun.upload)

    def test_a_watch_goes_on_behind_the_last_change_seen(self):
        started = self.services.complexity.StartMeasure(
            activations={"content_digest": self.known["activations"]}, codes={"content_digest": self.services.upload_codes(self.codes[:, :2])}
        ).operation
        last = list(self.services.watch("complexity", started.name))[-1]
        self.assertEqual(last.state, contracts.OperationState.OPERATION_STATE_SUCCEEDED)

        class Broken:
            """The operations, with a connection that breaks after the first change."""

            def __init__(self, own):
                self.own, self.asked = own, []

            def WatchOperation(self, name, after_sequence):
                self.asked.append(after_sequence)
                if len(self.asked) == 1:
                    operation = type(last)()
                    operation.CopyFrom(last)
                    operation.state, operation.sequence = contracts.OperationState.OPERATION_STATE_RUNNING, last.sequence - 1
                    yield type("Update", (), {"operation": operation})
                    raise fathom.FathomError("UNAVAILABLE", "the connection broke")
                yield from self.own.WatchOperation(name=name, after_sequence=after_sequence)

        broken = Broken(self.services.operations("complexity"))
        seen = [change.sequence for change in operations.watch(broken, started.name, 0, operations.Patience(10))]
        self.assertEqual((broken.asked, seen), ([0, last.sequence - 1], [last.sequence - 1, last.sequence]))

    def test_progress_is_one_line_that_ends(self):
        shown = io.StringIO()
        bar = ProgressBar(True, shown)
        codes = self.services.upload_codes(self.codes[:, 1:])
        name = self.services.complexity.StartMeasure(
            activations={"content_digest": self.known["activations"]}, codes={"content_digest": codes}
        ).operation.name
        for change in self.services.watch("complexity", name):
            bar.update(change)
        bar.close()
        self.assertRegex(shown.getvalue(), r"\rcomplexity\.measure \[#{24}\] (\d+)/\1 .*\n$")
        silent = io.StringIO()
        ProgressBar(None, silent).update(change)
        self.assertEqual(silent.getvalue(), "")


if __name__ == "__main__":
    unittest.main()
