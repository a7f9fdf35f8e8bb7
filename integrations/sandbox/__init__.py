"""A stand-in EMIS, SystmOne and Twilio that speak the real wires over real HTTP, with made-up people only."""
