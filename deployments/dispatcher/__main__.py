"""`python -m deployments.dispatcher`."""

from deployments.dispatcher.loop import main

main()
