"""The figures of a report: each is one function of a `View` that returns a `Chart`."""
