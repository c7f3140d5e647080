//! Other accounts and planted links: what lies on a disk while the runner works, and what is left of it.
