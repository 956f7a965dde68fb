"""What the scripts of bench/ share: throw-away servers, runs, and what is told of them.

Standard library only.  Nothing here knows which figures are wanted.
"""
