"""CycloneDX bills of materials, with models and data: raw JSON, so that nothing that a schema allows is dropped."""
