"""Erasing patients, and copies of what there is about one."""
