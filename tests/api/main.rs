//! Routes of the API.
