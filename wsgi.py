"""The app for a WSGI server of the operator's own choice: `gunicorn wsgi:app`. Ours is `surveyd web`."""

from surveyd.app import create_app

app = create_app()
