"""Pure decisions: what should be true at time t. Imports nothing of ours, does no I/O, never reads the clock.

`program` and `calendar` say what people write, `nights` what follows from it for one night, `timeline` at any moment,
`plan` what a device holds of it.
`sensing` says how sensors shift a program's switching or raise its level, `sensed` follows what they read.
"""
