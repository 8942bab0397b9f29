"""SQL for the control database, a module per subject. Every function works in its caller's session."""
