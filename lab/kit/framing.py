"""The header lines that refuse framing."""

PARTNER = "https://partner.example"


def frame_headers(headers, ancestors="'none'"):
    """The lines plus a policy that only speaks of framing: policies intersect, so one that is there already keeps its say."""
    lines = [(name, value) for name, value in headers if name.lower() != "x-frame-options"]
    lines.append(("Content-Security-Policy", f"frame-ancestors {ancestors}"))
    if ancestors == "'none'":
        # For what reads no policies. A partner list has no such spelling.
        lines.append(("X-Frame-Options", "DENY"))
    return lines
