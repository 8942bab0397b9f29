"""Bodies of the REST contract that the gateway reads or writes itself. What passes through unread is described in `models.data`."""
