"""What makes a function a step of a flow: the only place that knows Prefect's tasks."""
