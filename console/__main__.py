"""`python -m console` is `packline`."""

from console.cli import main

main()
