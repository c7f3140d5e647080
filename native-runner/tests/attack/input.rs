//! Files, pipes and arguments that no user would give: without end, with the wrong bytes, too large.
