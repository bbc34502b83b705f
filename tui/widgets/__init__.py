"""Drawing primitives that know nothing of the engine."""
