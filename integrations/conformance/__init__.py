"""Trying a record gateway against the contract: each rule, whether it holds, and why not. Needs no database."""
