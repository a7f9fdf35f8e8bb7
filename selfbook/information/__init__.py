"""Pages about privacy, cookies and accessibility: what we say to patients, and what their practice adds."""
