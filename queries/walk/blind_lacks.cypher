// A version of this asset is hidden.
EXISTS { MATCH (s)<-[r:VERSION_OF]-(version:Entity) WHERE %hidden:version% AND %window% }
