"""The REST face: `api.app.api` is the ASGI application that app.py mounts beside the dashboard."""
