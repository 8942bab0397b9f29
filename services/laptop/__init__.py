"""The whole installation on one machine, with one command."""
