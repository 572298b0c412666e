//! Values and wire shapes.
