//! Hooks: the operator's own commands around detections and recoveries.
