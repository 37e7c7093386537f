"""`python -m console` is `packline`."""

from console.cli.app import main

main()
