"""The whole product on one machine with made-up people: for the demo, rehearsals and the browser tests."""
