"""A stand-in for Amazon Redshift: PostgreSQL behind a proxy that speaks, refuses and behaves as it does.

It is a test tool and no part of the product. `python -m tests.redshift.standin` starts it for a developer.
"""
