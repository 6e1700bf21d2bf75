"""The client against services with TLS and tokens; FATHOM_SECURED says where."""

import json
import os
import unittest

import fathom

MISSING = "sha256:" + "0" * 64


@unittest.skipUnless("FATHOM_SECURED" in os.environ, "needs services")
class Secured(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.places = json.loads(os.environ["FATHOM_SECURED"])
        cls.tls = fathom.Tls(cls.places["ca"], cls.places["certificate"], cls.places["key"])

    def reason(self, **options):
        with fathom.connect(self.places["address"], patience=0, timeout=20, **options) as services:
            with self.assertRaises(fathom.FathomError) as raised:
                services.describe(MISSING)
            return raised.exception.reason

    def test_a_token_is_asked_for_before_each_call(self):
        asked = []

        def token():
            asked.append(1)
            return self.places["token"]

        self.assertEqual(self.reason(tls=self.tls, token=token), "NOT_FOUND")
        self.assertEqual(len(asked), 1)
        self.assertEqual(self.reason(tls=self.tls, token=self.places["token"]), "NOT_FOUND")

    def test_no_token_a_wrong_one_and_no_certificate_are_refused(self):
        self.assertEqual(self.reason(tls=self.tls), "UNAUTHENTICATED")
        self.assertEqual(self.reason(tls=self.tls, token="a.b.c"), "UNAUTHENTICATED")
        self.assertEqual(self.reason(tls=fathom.Tls(self.places["ca"]), token=self.places["token"]), "UNAVAILABLE")
        self.assertEqual(self.reason(), "UNAVAILABLE")

    def test_another_tenant_is_for_admins(self):
        self.assertEqual(self.reason(tls=self.tls, token=self.places["token"], tenant="others"), "PERMISSION_DENIED")


if __name__ == "__main__":
    unittest.main()
