//! System calls from inside a child, and what a child can reach.
