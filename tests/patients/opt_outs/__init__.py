"""Tests of `patients.opt_outs`."""
