"""Rowhouse's processes and the packages they share; a path is its import."""
