"""What a run waits for; what is heavy is imported when a task runs, not when a DAG file is read."""

from cosell.sensors.inbox import InboxSensor

__all__ = ["InboxSensor"]
