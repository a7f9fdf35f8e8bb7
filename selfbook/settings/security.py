"""The Content-Security-Policy: everything from ourselves, nothing inline but the page template's own two lines."""

# The hash of the official page template's one inline script, published with nhsuk-frontend.
PAGE_TEMPLATE_SCRIPT = "'sha256-tDOvXJi1PXbg0CWjLCCYSNHRXtps26K4JXkE3M6u/c0='"

# The stylesheet inside the page that is shown when we have failed, which must ask for nothing else.
LAST_RESORT_STYLE = "'sha256-yWJx6JarwisCiSc6CqNpN+3PXku8vxeIV/jfSzMYS+8='"


def content_security_policy(*, nhs_typeface: bool) -> dict[str, dict[str, list[str]]]:
    """The policy. With the NHS typeface, fonts may also come from the NHS's own server."""
    fonts = ["'self'", "https://assets.nhs.uk"] if nhs_typeface else ["'self'"]
    return {
        "DIRECTIVES": {
            "default-src": ["'self'"],
            "script-src": ["'self'", PAGE_TEMPLATE_SCRIPT],
            "font-src": fonts,
            "object-src": ["'none'"],
            "base-uri": ["'none'"],
            "form-action": ["'self'"],
            "frame-ancestors": ["'none'"],
        }
    }
