"""Scripts that run in environments of their own, because what they drive is no dependency of the product."""
