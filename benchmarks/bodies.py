"""Bodies that our jobs and the peer's tasks share."""

import http.client


def call_service(port: int) -> int:
    """Ask the slow service with a blocking client and return the status of its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
