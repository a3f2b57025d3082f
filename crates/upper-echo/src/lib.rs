//! upper-echo.
