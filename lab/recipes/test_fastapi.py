"""The recipe for FastAPI, on uvicorn."""

import unittest

from checks import Recipe, uvicorn_serves
from fastapi import FastAPI

from recipes import fastapi_guard, fastapi_notebook


class FastAPIRecipe(Recipe, unittest.TestCase):
    recipe = fastapi_guard

    @classmethod
    def setUpClass(cls):
        app = FastAPI()
        fastapi_notebook.add_to(app)
        cls.address = uvicorn_serves(app)

    def test_nobody_can_name_himself_by_a_parameter(self):
        self.assertEqual(self.ask("GET", "/me?me=alice&connection=alice")[1], {"user": None})
        self.assertEqual(self.ask("GET", "/notes/x?me=alice")[0], 401)

    def test_another_spelling_is_no_header(self):
        self.assertEqual(self.ask("GET", "/me", headers=[("Mantlet_Principal", "alice")])[:2], (200, {"user": None}))


if __name__ == "__main__":
    unittest.main()
