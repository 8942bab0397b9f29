"""What every request passes through, as pure ASGI: each layer is a class around an app, and costs a microsecond or two."""
