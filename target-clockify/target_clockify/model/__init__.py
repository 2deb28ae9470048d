"""Declarations of what can be written: kinds of values, objects and procedures. No behaviour."""
