"""The recipe for Django: as ASGI with sockets, on uvicorn."""

import unittest

from checks import Recipe, Refused, uvicorn_serves
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="nothing is signed with it", LOGGING_CONFIG=None,
    MIDDLEWARE=["recipes.django_guard.GuardMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
)

from recipes import django_guard, django_notebook, notebook

settings.GUARD_KEYS, settings.GUARD_AUDIENCE = notebook.KEYS, notebook.AUDIENCE

import django
from django.core.asgi import get_asgi_application

django.setup()
urlpatterns = django_notebook.routes()


def with_sockets(pages):
    """What a router of Channels does, and one consumer."""

    async def application(scope, receive, send):
        if scope["type"] != "websocket":
            return await pages(scope, receive, send)
        await receive()
        if scope["principal"] is None and scope["path"] != "/notebook/open":
            return await send({"type": "websocket.close", "code": 1008})
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": f"hello {scope['principal']}"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})

    return application


class DjangoRecipe(Recipe, unittest.TestCase):
    recipe = django_guard

    @classmethod
    def setUpClass(cls):
        application = django_guard.SocketOrigins(with_sockets(get_asgi_application()), notebook.ORIGIN)
        cls.address = uvicorn_serves(application)

    def test_a_forged_word_is_no_stranger_to_a_socket(self):
        with self.socket("/notebook/open", Origin=notebook.ORIGIN) as socket:
            self.assertEqual(socket.receive(), "hello None")
        with self.assertRaises(Refused):
            self.socket("/notebook/open", Origin=notebook.ORIGIN, Mantlet_Principal="alice")


if __name__ == "__main__":
    unittest.main()
