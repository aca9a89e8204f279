"""Cross-origin sharing (Fetch, section 3.3) as the lab's applications do it, rightly or not."""


class Sharing:
    """With which origins an endpoint's answers are shared, and whether with the reader's cookies.

    announced is what is said when the request names no origin.
    """

    def __init__(self, check=None, credentials=True, announced=None):
        self.check, self.credentials, self.announced = check, credentials, announced

    def headers(self, origin, host):
        allowed = self.announced
        if origin and self.check:
            allowed = origin if self.check(origin, host) else None
        lines = {"Vary": "Origin"}
        if allowed:
            lines["Access-Control-Allow-Origin"] = allowed
            if self.credentials:
                lines["Access-Control-Allow-Credentials"] = "true"
        return lines


nobody = Sharing()
# Cookies stay out: a browser gives no answer with credentials to a star.
public = Sharing(credentials=False, announced="*")
